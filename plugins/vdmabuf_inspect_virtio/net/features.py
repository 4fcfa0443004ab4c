"""Feature bits of virtio-net (virtio 1.2, 5.1.3; virtio 1.3 for bits 50 to 52), and what they make of the header."""

VERSION_1 = 32
CSUM, GUEST_CSUM, CTRL_GUEST_OFFLOADS, MTU = 0, 1, 2, 3
GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_UFO = 7, 8, 9, 10
HOST_TSO4, HOST_TSO6, HOST_ECN, HOST_UFO, MRG_RXBUF = 11, 12, 13, 14, 15
CTRL_VQ, CTRL_RX, CTRL_VLAN, CTRL_RX_EXTRA, GUEST_ANNOUNCE, MQ, CTRL_MAC_ADDR = 17, 18, 19, 20, 21, 22, 23
DEVICE_STATS, HASH_TUNNEL, VQ_NOTF_COAL, NOTF_COAL = 50, 51, 52, 53
GUEST_USO4, GUEST_USO6, HOST_USO, HASH_REPORT, RSS, RSC_EXT = 54, 55, 56, 57, 60, 61

NAMES = {
    CSUM: "CSUM", GUEST_CSUM: "GUEST_CSUM", CTRL_GUEST_OFFLOADS: "CTRL_GUEST_OFFLOADS", MTU: "MTU", 5: "MAC", 6: "GSO",
    GUEST_TSO4: "GUEST_TSO4", GUEST_TSO6: "GUEST_TSO6", GUEST_ECN: "GUEST_ECN", GUEST_UFO: "GUEST_UFO",
    HOST_TSO4: "HOST_TSO4", HOST_TSO6: "HOST_TSO6", HOST_ECN: "HOST_ECN", HOST_UFO: "HOST_UFO",
    MRG_RXBUF: "MRG_RXBUF", 16: "STATUS", CTRL_VQ: "CTRL_VQ", CTRL_RX: "CTRL_RX", CTRL_VLAN: "CTRL_VLAN",
    CTRL_RX_EXTRA: "CTRL_RX_EXTRA", GUEST_ANNOUNCE: "GUEST_ANNOUNCE", MQ: "MQ", CTRL_MAC_ADDR: "CTRL_MAC_ADDR",
    DEVICE_STATS: "DEVICE_STATS", HASH_TUNNEL: "HASH_TUNNEL", VQ_NOTF_COAL: "VQ_NOTF_COAL", NOTF_COAL: "NOTF_COAL",
    GUEST_USO4: "GUEST_USO4", GUEST_USO6: "GUEST_USO6", HOST_USO: "HOST_USO", HASH_REPORT: "HASH_REPORT",
    59: "GUEST_HDRLEN", RSS: "RSS", RSC_EXT: "RSC_EXT", 62: "STANDBY", 63: "SPEED_DUPLEX",
}  # fmt: skip

HEADER_SIZES = (10, 12, 20)


def has(features: int, bit: int) -> bool:
    """Whether the driver acknowledged a feature."""
    return bool(features >> bit & 1)


def header_size(features: int) -> int:
    """Bytes ahead of each frame (5.1.6): the hash only with HASH_REPORT, num_buffers not on legacy devices."""
    if has(features, HASH_REPORT):
        return 20
    return 12 if has(features, VERSION_1) or has(features, MRG_RXBUF) else 10


def many_queues(features: int) -> bool:
    """Whether there may be several pairs, so that the control queue is not the third (5.1.2)."""
    return has(features, MQ) or has(features, RSS)
