"""Feature bits that every virtio device shares (virtio 1.2, chapter 6), and bits by name."""

from enum import IntFlag


class Feature(IntFlag):
    """Device-independent feature bits; the vhost-user one is bit 30."""

    NOTIFY_ON_EMPTY = 1 << 24
    LOG_ALL = 1 << 26
    ANY_LAYOUT = 1 << 27
    INDIRECT_DESC = 1 << 28
    EVENT_IDX = 1 << 29
    PROTOCOL_FEATURES = 1 << 30
    VERSION_1 = 1 << 32
    ACCESS_PLATFORM = 1 << 33
    RING_PACKED = 1 << 34
    IN_ORDER = 1 << 35
    ORDER_PLATFORM = 1 << 36
    SR_IOV = 1 << 37
    NOTIFICATION_DATA = 1 << 38
    NOTIF_CONFIG_DATA = 1 << 39
    RING_RESET = 1 << 40


DEVICE_BITS = (1 << 24) - 1 | ((1 << 14) - 1) << 50
"""Bits 0 to 23 and 50 to 63: a device type's own (virtio 1.2, 2.2)."""


def bit_names(kind: type[IntFlag], value: int) -> list[str]:
    """The bits of a 64-bit word by name, those that have none as `bit N`, which are last."""
    names = [bit.name or "" for bit in kind if bit & value]
    known = sum(int(bit) for bit in kind)
    return names + [f"bit {i}" for i in range(64) if value >> i & 1 and not known >> i & 1]
