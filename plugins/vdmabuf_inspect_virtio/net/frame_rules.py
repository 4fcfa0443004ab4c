"""What the headers of frames must say (virtio 1.2, 5.1.6)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net import features as f
from vdmabuf_inspect_virtio.net.frames import DATA_VALID, ECN, ETHERNET_SIZE, GSO, NEEDS_CSUM, RSC_INFO

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE, EITHER = api.Culprit.DRIVER, api.Culprit.DEVICE, api.Culprit.EITHER
LONGEST = 65550
"""Bytes of the longest frame (5.1.6.3.1: buffers of 65562 bytes hold it and a header of 12)."""
ORDINARY = 1518
"""Bytes of the longest frame without offloads, with a VLAN tag."""
GSO_FEATURES = {
    "TCPV4": ((f.HOST_TSO4,), (f.GUEST_TSO4,)),
    "TCPV6": ((f.HOST_TSO6,), (f.GUEST_TSO6,)),
    "UDP": ((f.HOST_UFO,), (f.GUEST_UFO,)),
    "UDP_L4": ((f.HOST_USO,), (f.GUEST_USO4, f.GUEST_USO6)),
}
"""The features that each type takes: to be sent, to be received."""


def _frames(m: api.Messages) -> api.Array:
    """Mask: messages that begin with a whole header."""
    return np.asarray(m.notes["frame"] & (m.size >= f.header_size(m.features)) & m.has("flags"))


def _single(m: api.Messages) -> api.Array:
    """Mask: those of them whose frame is in this one buffer."""
    return np.asarray(_frames(m) & (m.requests | (m.column("num_buffers") <= 1)))


def _length(m: api.Messages) -> api.Array:
    """int64[n]: bytes of the frame in this buffer."""
    return np.asarray(m.size - f.header_size(m.features))


def _kind(m: api.Messages) -> api.Array:
    return np.asarray(m.column("gso_type") & ~ECN)


def _any(m: api.Messages, bits: tuple[int, ...]) -> bool:
    return any(f.has(m.features, bit) for bit in bits)


@api.rule(
    "VN801", "net-frame-too-short", E, EITHER, "5.1.6",
    "{a} bytes on {queue}: the header takes {b}, an Ethernet header 14 more", on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def frame_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a buffer holds a whole header and the addresses and type of a frame.

    Why it is bad: the other side reads what is not there, and drops it at best.
    Example: a driver that sends a header of 10 bytes though VERSION_1 makes it 12.
    """
    size = f.header_size(m.features)
    return api.Hits(m.notes["frame"] & (m.size < size + ETHERNET_SIZE), m.size, size)


@api.rule(
    "VN802", "net-checksum-outside-frame", E, EITHER, "5.1.6.2",
    "the checksum of {command} goes to byte {a} of a frame of {b}", on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def checksum_outside_frame(m: api.Messages) -> api.Hits:
    """What it does: checks that csum_start and csum_offset of a frame that needs a checksum lie inside it.

    Why it is bad: whoever completes the checksum writes past the frame.
    Example: offsets that count from the header's first byte.
    """
    last = m.column("csum_start") + m.column("csum_offset") + 2
    return api.Hits(_single(m) & (m.column("flags") & NEEDS_CSUM != 0) & (last > _length(m)), last, _length(m))


@api.rule(
    "VN803", "net-checksum-without-feature", E, EITHER, "5.1.6.2", "{command} on {queue} without feature bit {a}",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def checksum_without_feature(m: api.Messages) -> api.Hits:
    """What it does: checks that frames without a whole checksum are only sent with CSUM, and only received, or said
    to be good, with GUEST_CSUM.

    Why it is bad: the other side takes the checksum as it is, and it is wrong.
    Example: a back end that hands on a guest's frame to another guest that did not acknowledge GUEST_CSUM.
    """
    sent = m.requests & (m.column("flags") & NEEDS_CSUM != 0)
    received = m.from_device & (m.column("flags") & (NEEDS_CSUM | DATA_VALID) != 0)
    wrong = (sent & (not f.has(m.features, f.CSUM))) | (received & (not f.has(m.features, f.GUEST_CSUM)))
    return api.Hits(_frames(m) & wrong, np.where(m.from_device, f.GUEST_CSUM, f.CSUM))


@api.rule(
    "VN804", "net-segmentation-type-unknown", E, EITHER, "5.1.6", "gso_type {a} on {queue}, which there is not",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def segmentation_type_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that gso_type is none, TCP over IPv4 or IPv6, UDP fragments or UDP segments.

    Why it is bad: QEMU drops the frame, others read it as one of those.
    Example: a driver that leaves the header as it found it.
    """
    return api.Hits(_frames(m) & ~np.isin(_kind(m), list(GSO.values())), m.column("gso_type"))


@api.rule(
    "VN805", "net-segmentation-without-feature", E, EITHER, "5.1.6.2",
    "gso_type {a} on {queue} without feature bit {b}", on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def segmentation_without_feature(m: api.Messages) -> api.Hits:
    """What it does: checks that frames to be cut, and ECN on them, are only sent and received with their feature.

    Why it is bad: the other side takes a frame of 64 KiB for one that goes on the wire.
    Example: a back end that offers TSO to the host and forgets to ask the guest.
    """
    bit = np.full(len(m), -1, np.int64)
    for name, features in GSO_FEATURES.items():
        for received, wanted in enumerate(features):
            here = (_kind(m) == GSO[name]) & (m.from_device == bool(received))
            bit[here & (not _any(m, wanted))] = wanted[0]
    for received, wanted_bit in enumerate((f.HOST_ECN, f.GUEST_ECN)):
        here = (m.column("gso_type") & ECN != 0) & (m.from_device == bool(received))
        bit[here & (not f.has(m.features, wanted_bit))] = wanted_bit
    return api.Hits(_frames(m) & (bit >= 0), m.column("gso_type"), bit)


@api.rule(
    "VN806", "net-segmentation-incomplete", E, EITHER, "5.1.6.2",
    "{command} is to be cut, but its header has no gso_size|{command} is to be cut, but not to be given checksums",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def segmentation_incomplete(m: api.Messages) -> api.Hits:
    """What it does: checks that a frame to be cut says how large its parts are, and that they need checksums.

    Why it is bad: it cannot be cut into parts of no bytes, and parts without a checksum are dropped.
    Example: a driver that sets gso_type and leaves NEEDS_CSUM to another layer.
    """
    flags = m.column("flags")
    cut = _frames(m) & (m.column("gso_type") != 0) & ~(m.from_device & (flags & RSC_INFO != 0))
    unsized, unsummed = cut & (m.column("gso_size") == 0), cut & (flags & NEEDS_CSUM == 0)
    return api.Hits(unsized | unsummed, 0, np.where(unsized, 0, 1))


@api.rule(
    "VN807", "net-flags-of-device", E, DRIVER, "5.1.6.2.1", "flags {a:#x} on {queue}: the driver sets NEEDS_CSUM only",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def flags_of_device(m: api.Messages) -> api.Hits:
    """What it does: checks that a driver sets no flag but NEEDS_CSUM.

    Why it is bad: DATA_VALID and RSC_INFO are the device's to say, and other bits may mean something one day.
    Example: a driver that sends a received header back with the frame.
    """
    return api.Hits(_frames(m) & m.requests & (m.column("flags") & ~NEEDS_CSUM != 0), m.column("flags"))


@api.rule(
    "VN808", "net-frame-too-long", W, EITHER, "5.1.6.2", "a frame of {a} bytes on {queue}: {b} is the most",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def frame_too_long(m: api.Messages) -> api.Hits:
    """What it does: checks that a frame is at most 65550 bytes, and 1518 where it is not to be cut and no MTU was
    negotiated.

    Why it is bad: the other side has no room for it.
    Example: a driver whose interface was given an MTU of 9000 though the device did not offer that.
    """
    whole = (m.column("gso_type") == 0) & (not f.has(m.features, f.MTU))
    most = np.where(whole & m.requests, ORDINARY, LONGEST)
    return api.Hits(_single(m) & (_length(m) > most), _length(m), most)


@api.rule(
    "VN809", "net-buffers-miscounted", E, DEVICE, "5.1.6.4.1",
    "a frame on {queue} says that it is in no buffer|a frame on {queue} says that it is in {a} buffers, without "
    "MRG_RXBUF it is in one",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def buffers_miscounted(m: api.Messages) -> api.Hits:
    """What it does: checks that num_buffers of a received frame is at least 1 with MRG_RXBUF, at most 1 without.

    Why it is bad: the driver takes the next frame for a part of this one, or waits for parts that never come.
    Example: a back end that merges buffers for every guest, whatever it acknowledged.
    """
    count = m.column("num_buffers")
    merged = f.has(m.features, f.MRG_RXBUF)
    wrong = (count == 0) if merged else (count > 1)
    return api.Hits(_frames(m) & m.has("num_buffers") & m.from_device & wrong, count, np.minimum(count, 1))


@api.rule(
    "VN813", "net-buffers-not-counted", N, DEVICE, "5.1.6.4.1", "num_buffers of frames on {queue} is 0, not 1",
    on=api.On.MESSAGES, protocol="net", per=api.Per.QUEUE,
)  # fmt: skip
def buffers_not_counted(m: api.Messages) -> api.Array:
    """What it does: tells received frames whose num_buffers was left at 0 where buffers are not merged.

    Why it is bad: the specification asks for 1; drivers that do not merge buffers do not look.
    Example: the vhost library of DPDK 22.11.
    """
    zero = m.has("num_buffers") & m.from_device & (m.column("num_buffers") == 0)
    return np.asarray(_frames(m) & zero & (not f.has(m.features, f.MRG_RXBUF)))


@api.rule(
    "VN810", "net-buffers-counted-by-driver", W, DRIVER, "5.1.6.2.1", "num_buffers is {a} in a frame to be sent",
    on=api.On.MESSAGES, protocol="net", per=api.Per.QUEUE,
)  # fmt: skip
def buffers_counted_by_driver(m: api.Messages) -> api.Hits:
    """What it does: checks that num_buffers is zero in frames that the driver sends.

    Why it is bad: the device ignores it today; the specification keeps it for later.
    Example: a driver that clears a header of 10 bytes only.
    """
    count = m.column("num_buffers")
    return api.Hits(_frames(m) & m.has("num_buffers") & m.requests & (count != 0), count)


@api.rule(
    "VN811", "net-receive-buffer-too-small", W, DRIVER, "5.1.6.3.1",
    "a receive buffer of {a} bytes on {queue}: it should have {b}",
    on=api.On.MESSAGES, protocol="net", per=api.Per.QUEUE,
)  # fmt: skip
def receive_buffer_too_small(m: api.Messages) -> api.Hits:
    """What it does: checks that buffers that are not merged hold any frame: 1526 bytes, or 65562 where the device may
    hand over frames that were not cut.

    Why it is bad: the device drops the frames that do not fit.
    Example: a driver that forgets the header when it sizes its buffers.
    """
    large = _any(m, (f.GUEST_TSO4, f.GUEST_TSO6, f.GUEST_UFO))
    least = (LONGEST if large else ETHERNET_SIZE + 1500) + f.header_size(m.features)
    merged = f.has(m.features, f.MRG_RXBUF)
    least = f.header_size(m.features) + 1 if merged else least
    return api.Hits(m.notes["frame"] & m.from_device & (m.room < least), m.room, least)


@api.rule(
    "VN812", "net-frame-cut", W, EITHER, "5.1.6", "{command} says that it has {a} bytes, the frame has {b}",
    on=api.On.MESSAGES, protocol="net",
)  # fmt: skip
def frame_cut(m: api.Messages) -> api.Hits:
    """What it does: checks that an IP packet is as long as its own header says.

    Why it is bad: what reaches the other side is a part of it, and is dropped.
    Example: a back end that writes into the first buffer of a chain only.
    """
    six = m.told("IPV6", "TCP6", "UDP6", "ICMP6")
    said = ETHERNET_SIZE + m.column("ip.length") + np.where(six, 40, 0)
    told = m.has("ip.length") & (m.column("ip.length") > 0) & _single(m)
    return api.Hits(told & (said > _length(m)), said, _length(m))
