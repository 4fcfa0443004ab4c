"""Rules about a queue's own words: where it lies, its indices, its flags, its used entries (VR101 to VR118)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind, Problem
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import Hits, rule
from vdmabuf_inspect.track.events import Events

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV = Culprit.DRIVER, Culprit.DEVICE


def has(events: Events, problem: Problem) -> Array:
    """Mask of the events at which the observer met `problem`, in descriptors that were still those of the event."""
    return np.asarray(((events.problems & int(problem)) != 0) & ~events.stale)


@rule("VR101", "queue-size-invalid", E, DRV, "2.7, 2.8", "{queue} has a size that no such queue may have")
def queue_size_invalid(events: Events) -> Array:
    """What it does: checks that a queue's size is from 1 to 32768, and a power of two if it is split.

    Why it is bad: both sides take ring positions modulo the size; with another size they disagree at the wrap.
    Example: a front end that sets up 100 descriptors because its option says so.
    """
    return has(events, Problem.SIZE_INVALID)


@rule("VR102", "ring-misaligned", E, DRV, "2.7.1, 2.8.10.1", "a part of {queue} is not on its alignment")
def ring_misaligned(events: Events) -> Array:
    """What it does: checks alignment: descriptor table 16 bytes, available ring 2, used ring 4; on packed rings
    both event suppression structures 4.

    Why it is bad: an index that straddles words is read torn, and devices refuse the queue.
    Example: an available ring placed directly behind a table of odd length.
    """
    return has(events, Problem.MISALIGNED)


@rule("VR103", "ring-outside-memory", E, DRV, "2.7", "a part of {queue} lies outside guest memory")
def ring_outside_memory(events: Events) -> Array:
    """What it does: checks that all three parts of a queue lie in memory that the guest has.

    Why it is bad: the device reads nothing or faults, and the queue never moves.
    Example: a 32-bit truncation of a ring address above 4 GiB.
    """
    return has(events, Problem.RING_OUTSIDE_MEMORY)


@rule("VR104", "ring-parts-overlap", E, DRV, "2.7", "two parts of {queue}, or of it and another queue, overlap")
def ring_parts_overlap(events: Events) -> Array:
    """What it does: checks that descriptor tables and rings of one device do not share bytes.

    Why it is bad: writing one ring corrupts another; the damage shows far from its cause.
    Example: a used ring placed without counting the used_event word of the available ring.
    """
    return has(events, Problem.PARTS_OVERLAP)


@rule("VR110", "available-index-went-back", E, DRV, "2.7.6.1", "avail.idx of {queue} went back to {a}")
def available_index_went_back(events: Events) -> Hits:
    """What it does: compares avail.idx with its last value, modulo 65536.

    Why it is bad: the driver must never decrement it: chains it has exposed cannot be taken back.
    Example: a driver that resets its index after an error while the device still runs.
    """
    return Hits(has(events, Problem.AVAILABLE_WENT_BACK), events.index.astype(np.int64))


@rule(
    "VR111", "available-index-jump", E, DRV, "2.7.13",
    "avail.idx of {queue} is {a} with used.idx {b}: more than the queue holds",
)  # fmt: skip
def available_index_jump(events: Events) -> Hits:
    """What it does: checks that no more chains are available than the queue has descriptors.

    Why it is bad: the ring entries of chains not yet taken are overwritten.
    Example: an index published before the driver checked for free descriptors.
    """
    return Hits(has(events, Problem.AVAILABLE_JUMPED), events.index.astype(np.int64), events.event.astype(np.int64))


@rule("VR112", "used-passed-available", E, DEV, "2.7.13", "used.idx of {queue} is {b}, ahead of avail.idx {a}")
def used_passed_available(events: Events) -> Hits:
    """What it does: checks that the device returned no more chains than were made available.

    Why it is bad: the driver takes entries that were never written as completions.
    Example: a back end restarted from the wrong base.
    """
    mask = has(events, Problem.USED_PASSED_AVAILABLE)
    return Hits(mask, events.index.astype(np.int64), events.event.astype(np.int64))


@rule("VR113", "used-index-went-back", E, DEV, "2.7.8", "used.idx of {queue} went back to {b}")
def used_index_went_back(events: Events) -> Hits:
    """What it does: compares used.idx with its last value, modulo 65536.

    Why it is bad: the driver waits for an index that it has already seen and never wakes.
    Example: a back end that reconnects and starts to count from zero.
    """
    return Hits(has(events, Problem.USED_WENT_BACK), 0, events.event.astype(np.int64))


@rule(
    "VR114", "used-id-not-outstanding", E, DEV, "2.7.8",
    "{queue} returned head {head}, which was not outstanding|{queue} returned head {head} twice",
)  # fmt: skip
def used_id_not_outstanding(events: Events) -> Hits:
    """What it does: checks that each used entry names a chain that the device has, once.

    Why it is bad: the driver frees or completes a request that is not done, or one that does not exist.
    Example: a device that completes a request and completes it again from an error path.
    """
    unknown = events.of(EventKind.USED) & ~events.paired & ~events.stale & ~events.packed
    return Hits(unknown & (events.returned_twice | events.complete), 0, events.returned_twice.astype(np.int64))


@rule(
    "VR115", "used-length-too-long", E, DEV, "2.7.8.2",
    "{queue} says {a} bytes were written to head {head}, which has {b} writable ones",
)  # fmt: skip
def used_length_too_long(events: Events) -> Hits:
    """What it does: compares the used length with the device-writable bytes of the chain.

    Why it is bad: a driver that trusts the length reads beyond its buffer. Known hosts report the size of the
    message they read on the send queue; in those dialects this is a note.
    Legacy devices are not held to their lengths (2.7.8.1).
    Example: a back end that returns the request's size instead of the bytes it wrote.
    """
    mask = events.of(EventKind.USED) & events.paired & ~events.legacy & (events.used_len > events.writable)
    mask &= ~events.stale  # its descriptors may have been another chain's when they were read
    return Hits(mask, events.used_len.astype(np.int64), events.writable.astype(np.int64))


@rule("VR116", "available-flags-reserved", W, DRV, "2.7.7.1", "avail.flags of {queue} has a value that is not allowed")
def available_flags_reserved(events: Events) -> Array:
    """What it does: checks that avail.flags is 0 or 1, and 0 where EVENT_IDX was negotiated.

    Why it is bad: a device that honours the flag although EVENT_IDX holds sends no interrupts.
    Example: a driver that sets NO_INTERRUPT while it polls, whatever was negotiated.
    """
    return has(events, Problem.AVAILABLE_FLAGS)


@rule("VR117", "used-flags-reserved", W, DEV, "2.7.10.2", "used.flags of {queue} has a value that is not allowed")
def used_flags_reserved(events: Events) -> Array:
    """What it does: checks that used.flags is 0 or 1, and 0 where EVENT_IDX was negotiated.

    Why it is bad: a driver that honours the flag although EVENT_IDX holds never kicks.
    Example: a back end that sets NO_NOTIFY during a burst.
    """
    return has(events, Problem.USED_FLAGS)


@rule("VR118", "head-out-of-range", E, DRV, "2.7.5", "{queue} offers head {head}, beyond its last descriptor")
def head_out_of_range(events: Events) -> Array:
    """What it does: checks that an available entry names a descriptor of the table.

    Why it is bad: the device reads a descriptor from whatever lies behind the table.
    Example: an available ring that was never initialised.
    """
    return has(events, Problem.HEAD_OUT_OF_RANGE)
