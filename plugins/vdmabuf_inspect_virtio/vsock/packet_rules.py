"""What a packet must look like (virtio 1.2, 5.10.6)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.vsock.protocol import HEADER_SIZE, OPS, SEQPACKET, SEQPACKET_FEATURE, STREAM

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE, EITHER = api.Culprit.DRIVER, api.Culprit.DEVICE, api.Culprit.EITHER
PACKETS = (*OPS, "OTHER")
RESERVED = (0, 1, 2, 0xFFFFFFFF)
"""Context IDs that are no guest's (5.10.4)."""


def _told(m: api.Messages, *names: str) -> api.Array:
    """Mask: packets with these ops whose bytes are theirs."""
    return np.asarray(m.told(*names) & ~m.notes["doubt"])


@api.rule(
    "VS801", "vsock-packet-too-short", E, EITHER, "5.10.6", "a packet of {a} bytes on {queue}: its header takes 44",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def packet_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a packet has a whole header.

    Why it is bad: the other side cannot tell whose it is, and drops it.
    Example: a device that writes the header over two chains.
    """
    return api.Hits((m.events.queue[m.at] < 2) & (m.size < HEADER_SIZE), m.size)


@api.rule(
    "VS802", "vsock-op-unknown", E, EITHER, "5.10.6", "op {a} on {queue}, which there is not",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def op_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a packet's op is one of the specification's; 0 is invalid.

    Why it is bad: the other side resets the connection.
    Example: a header that was never filled in.
    """
    return api.Hits(_told(m, "INVALID", "OTHER") & m.has("op"), m.column("op"))


@api.rule(
    "VS803", "vsock-type-wrong", E, EITHER, "5.10.6",
    "a packet of type {a}, which there is not|a packet of type {a} without the feature SEQPACKET",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def type_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that a packet is of a stream socket, or with its feature of a seqpacket socket.

    Why it is bad: the other side answers with a reset.
    Example: a driver that opens a seqpacket socket whatever the device offered.
    """
    kind = m.column("type")
    refused = (kind == SEQPACKET) & (not m.features >> SEQPACKET_FEATURE & 1)
    wrong = ~np.isin(kind, (STREAM, SEQPACKET)) | refused
    return api.Hits(_told(m, *PACKETS) & m.has("type") & wrong, kind, refused.astype(np.int64))


@api.rule(
    "VS804", "vsock-length-differs", E, EITHER, "5.10.6", "{command} says {a} bytes of data and has {b}",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def length_differs(m: api.Messages) -> api.Hits:
    """What it does: checks that the data behind a header are as long as it says.

    Why it is bad: the receiver takes too little, or what the buffer held before.
    Example: a device that reports the size of the buffer as what it wrote.
    """
    there = m.size - HEADER_SIZE
    return api.Hits(_told(m, *OPS[1:]) & m.has("len") & (m.column("len") != there), m.column("len"), there)


@api.rule(
    "VS805", "vsock-address-impossible", E, EITHER, "5.10.4",
    "a packet of {queue} has the guest's context ID {a:#x}, which no guest has", on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def address_impossible(m: api.Messages) -> api.Hits:
    """What it does: checks the guest's end of a packet: not a reserved context ID, nothing in the upper 32 bits.

    Why it is bad: the packet goes to nobody, or the guest claims to be the host.
    Example: a driver that swaps source and destination.
    """
    guest = np.where(m.from_device, m.column("dst_cid"), m.column("src_cid"))
    wrong = np.isin(guest, RESERVED) | (guest >> 32 != 0)
    return api.Hits(_told(m, *PACKETS) & m.has("dst_cid") & wrong, guest)


@api.rule(
    "VS806", "vsock-shutdown-of-nothing", W, EITHER, "5.10.6.5", "SHUTDOWN of {buffer} says neither send nor receive",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def shutdown_of_nothing(m: api.Messages) -> api.Array:
    """What it does: checks that a SHUTDOWN says which way it closes.

    Why it is bad: nothing is closed, and both sides may wait for each other.
    Example: flags in the byte order of another machine.
    """
    silent: api.Array = m.told("SHUTDOWN") & m.has("flags") & (m.column("flags") & 3 == 0)
    return silent


@api.rule(
    "VS807", "vsock-event-unknown", E, DEVICE, "5.10.6.7", "event {a}, which there is not",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def event_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that an event is TRANSPORT_RESET, the only one there is.

    Why it is bad: the driver ignores it.
    Example: a buffer that was returned before it was written.
    """
    return api.Hits(m.told("EVENT") & m.has("id") & (m.column("id") != 0), m.column("id"))


@api.rule(
    "VS808", "vsock-transport-reset", N, DEVICE, "5.10.6.7", "the transport was reset: all connections are gone",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def transport_reset(m: api.Messages) -> api.Array:
    """What it does: tells the event with which a device says that the guest has moved.

    Why it is bad: it is not, but whoever waits for data of a connection waits in vain.
    Example: a guest after live migration.
    """
    reset: api.Array = m.told("EVENT") & m.has("id") & (m.column("id") == 0)
    return reset
