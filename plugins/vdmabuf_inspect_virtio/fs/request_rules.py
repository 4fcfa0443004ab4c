"""What a FUSE request must be (virtio 1.2, 5.11.6)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.fs.dialogue import NO_ANSWER
from vdmabuf_inspect_virtio.fs.protocol import IN_SIZE, OUT_SIZE

E, W = api.Severity.ERROR, api.Severity.WARNING
DRIVER = api.Culprit.DRIVER
URGENT = ("FORGET", "BATCH_FORGET", "INTERRUPT")
WRITE_SIZE = IN_SIZE + 40


def _judged(m: api.Messages) -> api.Array:
    """Mask: requests whose bytes are theirs."""
    return np.asarray(m.requests & ~m.notes["doubt"])


@api.rule(
    "VF801", "fs-request-too-short", E, DRIVER, "5.11.6", "{command} of {a} bytes, which lacks arguments",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def request_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a request has a whole header and the arguments of its opcode.

    Why it is bad: the device reads beyond the request, or refuses it.
    Example: a driver that puts the arguments into a descriptor that it forgets to chain.
    """
    return api.Hits(_judged(m) & m.short, m.size)


@api.rule(
    "VF802", "fs-opcode-unknown", W, DRIVER, "5.11.6", "a request with opcode {a}, which there is not",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def opcode_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that the opcode is one of FUSE's.

    Why it is bad: the device answers ENOSYS, if at all.
    Example: an opcode of CUSE.
    """
    return api.Hits(m.told("OTHER") & _judged(m) & m.has("opcode"), m.column("opcode"))


@api.rule(
    "VF803", "fs-request-length-differs", E, DRIVER, "5.11.6", "{command} says that it has {a} bytes and has {b}",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def request_length_differs(m: api.Messages) -> api.Hits:
    """What it does: compares the length in a request's header with what the device may read.

    Why it is bad: the device reads too little, or what is none of the request's.
    Example: a driver that counts the header twice.
    """
    length = m.column("len")
    return api.Hits(_judged(m) & (m.size >= IN_SIZE) & m.has("len") & (length != m.size), length, m.size)


@api.rule(
    "VF804", "fs-unique-reused", E, DRIVER, "5.11.6", "{command} has the unique number of a request that is out",
    on=api.On.MESSAGES, protocol="fs", history=api.History.HELPS,
)  # fmt: skip
def unique_reused(m: api.Messages) -> api.Array:
    """What it does: checks that no two requests that wait for an answer have the same unique number.

    Why it is bad: INTERRUPT names a request by it, and would hit the wrong one.
    Example: a driver that takes the descriptor's index for it, on several queues.
    """
    return np.asarray(m.notes["again"])


@api.rule(
    "VF805", "fs-request-before-init", E, DRIVER, "5.11.6", "{command} before INIT", on=api.On.MESSAGES, protocol="fs",
    history=api.History.NEEDED, per=api.Per.DEVICE,
)  # fmt: skip
def request_before_init(m: api.Messages) -> api.Array:
    """What it does: checks that the first request of a device is INIT.

    Why it is bad: neither side knows the other's version and limits.
    Example: a driver that goes on after a reset as if nothing had been.
    """
    return np.asarray(m.notes["early"] & ~m.told("OTHER"))


@api.rule(
    "VF806", "fs-no-room-for-answer", E, DRIVER, "5.11.6", "{command} leaves {a} bytes for its answer, the least is 16",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def no_room_for_answer(m: api.Messages) -> api.Hits:
    """What it does: checks that a request leaves room for the header of its answer; FORGET has none.

    Why it is bad: the device cannot say how it went.
    Example: a driver that forgets the WRITE flag of the last descriptor.
    """
    waits = _judged(m) & (m.size >= IN_SIZE) & ~np.isin(m.number(4, 4), NO_ANSWER)
    return api.Hits(waits & (m.room < OUT_SIZE), m.room)


@api.rule(
    "VF807", "fs-wrong-queue", W, DRIVER, "5.11.6.1",
    "{command} on the high priority queue|{command} on a request queue", on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def wrong_queue(m: api.Messages) -> api.Hits:
    """What it does: checks that FORGET, BATCH_FORGET and INTERRUPT go over the high priority queue, and only those.

    Why it is bad: they wait behind the requests that they are to interrupt.
    Example: a driver with one queue for everything.
    """
    urgent = m.told(*URGENT)
    high = m.events.queue[m.at] == 0
    return api.Hits(_judged(m) & m.has("opcode") & (urgent != high), 0, np.where(high, 0, 1))


@api.rule(
    "VF808", "fs-write-size-differs", E, DRIVER, "5.11.6", "WRITE says {a} bytes of data and has {b}",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def write_size_differs(m: api.Messages) -> api.Hits:
    """What it does: compares the size in a WRITE with the data that follow it.

    Why it is bad: the file gets what the driver never meant, or less than it meant.
    Example: a driver that rounds the size up to pages.
    """
    there = m.size - WRITE_SIZE
    mine = m.told("WRITE") & _judged(m) & (there >= 0)
    return api.Hits(mine & (m.column("size") != there), m.column("size"), there)
