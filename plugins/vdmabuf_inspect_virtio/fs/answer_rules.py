"""What a FUSE answer must be (virtio 1.2, 5.11.6)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.fs.protocol import OUT_SIZE

E = api.Severity.ERROR
DEVICE = api.Culprit.DEVICE
FURTHEST = -512
"""An error is a negative error number; those from here on are for inside the kernel only."""


@api.rule(
    "VF811", "fs-answer-too-short", E, DEVICE, "5.11.6", "an answer to {command} of {a} bytes, which lacks something",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def answer_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that an answer has a whole header, and what its opcode asks for unless it is an error.

    Why it is bad: the driver fails the request with EIO.
    Example: a back end that returns GETATTR without attributes.
    """
    return api.Hits(m.from_device & m.short, m.size)


@api.rule(
    "VF812", "fs-answer-unique-differs", E, DEVICE, "5.11.6", "the answer to {command} {b} has the unique number {a}",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def answer_unique_differs(m: api.Messages) -> api.Hits:
    """What it does: compares the unique number of an answer with that of the request in its chain.

    Why it is bad: the answer is another request's, and the driver gives it to the wrong process.
    Example: a back end with threads that mix up their chains.
    """
    unique, asked = m.number(8, 8), m.notes["asked_unique"]
    return api.Hits(m.from_device & (m.size >= OUT_SIZE) & (asked >= 0) & (unique != asked), unique, asked)


@api.rule(
    "VF813", "fs-answer-length-differs", E, DEVICE, "5.11.6",
    "the answer to {command} says that it has {a} bytes and has {b}", on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def answer_length_differs(m: api.Messages) -> api.Hits:
    """What it does: compares the length in an answer's header with the used length.

    Why it is bad: the driver takes too little, or bytes that nobody wrote.
    Example: a back end that reports the size of the buffers as what it wrote.
    """
    length = m.number(0, 4)
    return api.Hits(m.from_device & (m.size >= OUT_SIZE) & (length >= 0) & (length != m.size), length, m.size)


@api.rule(
    "VF814", "fs-forget-answered", E, DEVICE, "5.11.6", "{command} was answered, with {a} bytes",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def forget_answered(m: api.Messages) -> api.Hits:
    """What it does: checks that FORGET and BATCH_FORGET come back without an answer.

    Why it is bad: the driver has no request that waits for it.
    Example: a back end that answers every request in one place.
    """
    return api.Hits(m.told("FORGET", "BATCH_FORGET") & m.from_device, m.size)


@api.rule(
    "VF815", "fs-error-impossible", E, DEVICE, "5.11.6", "{command} came back with error {a}",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def error_impossible(m: api.Messages) -> api.Hits:
    """What it does: checks that an error is 0 or a negative error number above -512.

    Why it is bad: the driver fails the request with EIO whatever was meant.
    Example: a back end that forgets the minus.
    """
    error = m.column("error")
    return api.Hits(m.from_device & m.has("error") & ((error > 0) | (error <= FURTHEST)), error)


@api.rule(
    "VF816", "fs-read-too-much", E, DEVICE, "5.11.6", "{command} asked for {b} bytes and got {a}",
    on=api.On.MESSAGES, protocol="fs",
)  # fmt: skip
def read_too_much(m: api.Messages) -> api.Hits:
    """What it does: checks that READ and READDIR bring no more than was asked for.

    Why it is bad: the driver fails the request with EIO.
    Example: a back end that rounds directory entries up to its buffer.
    """
    data, most = m.size - OUT_SIZE, m.notes["most"]
    return api.Hits(m.from_device & (most >= 0) & (data > most), data, np.maximum(most, 0))
