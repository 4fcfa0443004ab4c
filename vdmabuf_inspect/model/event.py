"""What can be seen of a virtqueue: event kinds, their flags, and the problems that a look can meet."""

from enum import IntEnum, IntFlag


class EventKind(IntEnum):
    """One thing that happened to a virtqueue, as an observer sees it."""

    AVAILABLE = 1
    """The driver made a chain available."""
    USED = 2
    """The device returned a chain."""
    KICK = 3
    """The driver notified the device; `count` notifications were seen as one."""
    CALL = 4
    """The device notified the driver; `count` notifications were seen as one."""
    GAP = 5
    """The observer missed events; `count` of them, 0 when they cannot be counted."""
    START = 6
    """The observation of a queue begins (a new epoch, unless PAUSED); the payload is a START record."""
    STOP = 7
    """The queue was stopped, reset or its connection closed."""
    LOOK = 8
    """The ring's own words (indices, flags) where they are worth a record; the payload is a LOOK record."""
    CONTROL = 9
    """One message of the control plane (vhost-user), of the whole device: `queue` is model.record.CONTROL_QUEUE."""
    COUNTS = 10
    """What the observer has done on this queue so far: polls, misses, retries; the payload is a COUNTS record."""
    PAGES = 11
    """What the observer read of the pages behind an exported buffer; the payload is a PAGES record."""


class EventFlag(IntFlag):
    """Facts about one event, set by whoever observed it."""

    PRESUMED = 1 << 0
    """It was already so when the observation began: nobody saw it happen."""
    INDIRECT = 1 << 1
    """The chain uses an indirect table."""
    READABLE_CHANGED = 1 << 2
    """USED: device-readable bytes differ from those seen when the chain was made available."""
    TAIL_CHANGED = 1 << 3
    """USED: device-writable bytes beyond the used length differ from those seen when made available."""
    SHORTENED = 1 << 4
    """The payload was cut at the snap length."""
    STALE = 1 << 5
    """The bytes may belong to a later use of the same memory; they prove nothing."""
    COMPLETE = 1 << 6
    """START: the queue was watched from its set-up with both indices at their start."""
    COMPARED = 1 << 7
    """USED: the bytes were compared with those seen when the chain was made available."""
    BACK_END = 1 << 8
    """CONTROL: the back end sent it."""
    BACK_CHANNEL = 1 << 9
    """CONTROL: it came on the back end's own channel."""
    CLOSED = 1 << 10
    """STOP: the session ended in good order, after which nothing more can come."""
    KICKS_HEARD = 1 << 11
    """START, COUNTS: kicks of this queue can be noticed; without it their absence means nothing."""
    CALLS_HEARD = 1 << 12
    """START, COUNTS: calls of this queue can be noticed."""
    AMBIGUOUS = 1 << 13
    """GAP: an index or wrap counter may have gone round in between: `count` is the least that was missed."""
    BOUNDARY = 1 << 14
    """CONTROL: no message; a peer connected, or with CLOSED its connection ended. The payload says so in words."""
    LATE = 1 << 15
    """LOOK: the ring was stopped; `count` chains came back after that, the first of them `head`."""
    PAUSED = LATE
    """STOP: the queue may go on from where it stands. START: it does, nothing was missed, and the epoch goes on."""


def flag_names(kind: int, flags: int) -> list[str]:
    """The flags of one event in lower case, by what they mean for its kind."""
    names = [flag.name.lower() for flag in EventFlag if flag & flags and flag.name]
    edge = kind in (EventKind.START, EventKind.STOP)
    return ["paused" if edge and name == "late" else name for name in names]


class Problem(IntFlag):
    """What a look at a ring found wrong. Each bit has one rule (`rules/ring`)."""

    SIZE_INVALID = 1 << 0
    MISALIGNED = 1 << 1
    RING_OUTSIDE_MEMORY = 1 << 2
    PARTS_OVERLAP = 1 << 3
    AVAILABLE_WENT_BACK = 1 << 4
    AVAILABLE_JUMPED = 1 << 5
    USED_PASSED_AVAILABLE = 1 << 6
    USED_WENT_BACK = 1 << 7
    AVAILABLE_FLAGS = 1 << 8
    USED_FLAGS = 1 << 9
    HEAD_OUT_OF_RANGE = 1 << 10
    LOOP = 1 << 11
    NEXT_OUT_OF_RANGE = 1 << 12
    TOO_LONG = 1 << 13
    TOO_LARGE = 1 << 14
    WRITABLE_FIRST = 1 << 15
    OUTSIDE_MEMORY = 1 << 16
    LENGTH_ZERO = 1 << 17
    FLAGS_UNKNOWN = 1 << 18
    SHARED = 1 << 19
    CHANGED_IN_FLIGHT = 1 << 20
    INDIRECT_NOT_NEGOTIATED = 1 << 21
    INDIRECT_NESTED = 1 << 22
    INDIRECT_WITH_NEXT = 1 << 23
    INDIRECT_LENGTH = 1 << 24
    INDIRECT_OUTSIDE_MEMORY = 1 << 25
    WRAP_MISMATCH = 1 << 26
    CHAIN_BITS = 1 << 27
    PUBLISHED_EARLY = 1 << 28
    DRIVER_EVENT = 1 << 29
    DEVICE_EVENT = 1 << 30
    ID_REUSED = 1 << 31
