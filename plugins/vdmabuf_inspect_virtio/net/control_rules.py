"""What is asked on the control queue, and what is answered (virtio 1.2, 5.1.6.5)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net.control import CONTROL, NEEDS

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE = api.Culprit.DRIVER, api.Culprit.DEVICE
NAMES = tuple(command.name for command in CONTROL)
MOST_PAIRS = 0x8000


@api.rule(
    "VN821", "net-command-unknown", W, DRIVER, "5.1.6.5", "a command of class {a}, number {b}, which there is not",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def command_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a control command is one of the specification's.

    Why it is bad: the device refuses it.
    Example: a driver written for a later version that did not look at the features.
    """
    return api.Hits(m.told("OTHER") & m.requests & m.has("class"), m.column("class"), m.column("command"))


@api.rule(
    "VN822", "net-command-without-feature", E, DRIVER, "5.1.6.5", "{command} without its feature, bit {a}",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def command_without_feature(m: api.Messages) -> api.Hits:
    """What it does: checks that a command is only sent where its feature was acknowledged.

    Why it is bad: the device need not know the command.
    Example: a driver that sets its address with MAC_ADDR_SET on a device without CTRL_MAC_ADDR.
    """
    bit = np.full(len(m), -1, np.int64)
    for name, needed in NEEDS.items():
        bit[m.told(name) & m.requests & (m.features >> needed & 1 == 0)] = needed
    return api.Hits(bit >= 0, bit)


@api.rule(
    "VN823", "net-command-too-short", E, DRIVER, "5.1.6.5", "{command} of {a} bytes, which lacks data",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def command_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a command has its class, its number and what it is about.

    Why it is bad: the device refuses it.
    Example: RX_PROMISC without the byte that says on or off.
    """
    return api.Hits(m.told(*NAMES) & m.requests & m.short, m.size)


@api.rule(
    "VN824", "net-ack-missing", E, DRIVER, "5.1.6.5", "{command} has no byte for its answer",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def ack_missing(m: api.Messages) -> api.Array:
    """What it does: checks that the chain of a command ends in at least one writable byte.

    Why it is bad: the device has nowhere to say whether it worked.
    Example: a driver that forgets the last descriptor of the chain.
    """
    missing: api.Array = m.told(*NAMES) & m.requests & (m.room == 0)
    return missing


@api.rule(
    "VN825", "net-ack-invalid", E, DEVICE, "5.1.6.5", "{command} came back with {a}, which is neither OK nor ERR",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def ack_invalid(m: api.Messages) -> api.Hits:
    """What it does: checks that the last byte of an answer is 0 or 1.

    Why it is bad: the driver cannot tell success from failure.
    Example: a back end that returns the chain before it has written the byte.
    """
    return api.Hits(m.told(*NAMES) & m.from_device & (m.last(1) > 1), m.last(1))


@api.rule(
    "VN826", "net-command-refused", N, DEVICE, "5.1.6.5", "{command} was refused", on=api.On.MESSAGES, protocol="net"
)
def command_refused(m: api.Messages) -> api.Array:
    """What it does: tells commands that came back with ERR.

    Why it is bad: what the driver asked for is not in force.
    Example: more queue pairs than the device has.
    """
    refused: api.Array = m.told(*NAMES) & m.from_device & (m.last(1) == 1)
    return refused


@api.rule(
    "VN827", "net-pairs-out-of-range", E, DRIVER, "5.1.6.5.5", "{a} queue pairs: 1 to 32768 can be asked for",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def pairs_out_of_range(m: api.Messages) -> api.Hits:
    """What it does: checks the number of queue pairs that the driver asks for.

    Why it is bad: the device refuses it, and uses as many as before.
    Example: a driver that counts from 0.
    """
    pairs = m.column("pairs")
    return api.Hits(m.told("MQ_VQ_PAIRS_SET") & m.has("pairs") & ((pairs == 0) | (pairs > MOST_PAIRS)), pairs)
