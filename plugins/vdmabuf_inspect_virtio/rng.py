"""virtio-rng: buffers to be filled with random bytes (virtio 1.2, 5.4)."""

from vdmabuf_inspect import api

api.requires(1)

RNG = api.protocol(
    api.Protocol("rng", "entropy device", (4,), (api.QueueKind("requestq", (api.Command("RANDOM"),)),))
)  # fmt: skip


@api.rule(
    "VE801", "rng-request-readable", api.Severity.ERROR, api.Culprit.DRIVER, "5.4.6.1",
    "a request of {queue} has {a} bytes that the device cannot write", on=api.On.MESSAGES, protocol="rng",
)  # fmt: skip
def request_readable(m: api.Messages) -> api.Hits:
    """What it does: checks that a request holds nothing but device-writable bytes.

    Why it is bad: the device has nothing to read here; QEMU gives such a chain back unused.
    Example: a driver that forgets the WRITE flag.
    """
    return api.Hits(m.requests, m.size)


@api.rule(
    "VE802", "rng-answer-not-random", api.Severity.WARNING, api.Culprit.DEVICE, "5.4.6.2",
    "{a} random bytes of {queue} are all the same", on=api.On.MESSAGES, protocol="rng",
)  # fmt: skip
def answer_not_random(m: api.Messages) -> api.Hits:
    """What it does: looks at the first and last bytes of an answer of 16 bytes or more.

    Why it is bad: keys made of it can be guessed.
    Example: a back end that returns the buffer without having filled it.
    """
    first = m.first(8)
    alike = (first == m.last(8)) & (first == (first & 0xFF) * 0x0101010101010101)
    return api.Hits(m.from_device & (m.size >= 16) & (m.kept >= m.size) & alike, m.size)
