"""Feature bits and device status rebuilt from QEMU's words for them, for it gives no bitmap (7.2: `x-query-virtio-*`).

Each word is "NAME: prose" in no certain order; what QEMU has no word for comes as a number beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

_BITS: dict[str, dict[str, int]] = {
    "VIRTIO_F_": {
        "NOTIFY_ON_EMPTY": 24, "ANY_LAYOUT": 27, "VERSION_1": 32, "IOMMU_PLATFORM": 33, "ACCESS_PLATFORM": 33,
        "RING_PACKED": 34, "IN_ORDER": 35, "ORDER_PLATFORM": 36, "SR_IOV": 37, "NOTIFICATION_DATA": 38,
        "NOTIF_CONFIG_DATA": 39, "RING_RESET": 40, "ADMIN_VQ": 41,
    },
    "VIRTIO_RING_F_": {"INDIRECT_DESC": 28, "EVENT_IDX": 29},
    "VHOST_": {"F_LOG_ALL": 26, "USER_F_PROTOCOL_FEATURES": 30, "NET_F_VIRTIO_NET_HDR": 27},
    "VIRTIO_NET_F_": {
        "CSUM": 0, "GUEST_CSUM": 1, "CTRL_GUEST_OFFLOADS": 2, "MTU": 3, "MAC": 5, "GSO": 6, "GUEST_TSO4": 7,
        "GUEST_TSO6": 8, "GUEST_ECN": 9, "GUEST_UFO": 10, "HOST_TSO4": 11, "HOST_TSO6": 12, "HOST_ECN": 13,
        "HOST_UFO": 14, "MRG_RXBUF": 15, "STATUS": 16, "CTRL_VQ": 17, "CTRL_RX": 18, "CTRL_VLAN": 19,
        "CTRL_RX_EXTRA": 20, "GUEST_ANNOUNCE": 21, "MQ": 22, "CTRL_MAC_ADDR": 23, "VQ_NOTF_COAL": 52,
        "NOTF_COAL": 53, "GUEST_USO4": 54, "GUEST_USO6": 55, "HOST_USO": 56, "HASH_REPORT": 57,
        "GUEST_HDRLEN": 59, "RSS": 60, "RSC_EXT": 61, "STANDBY": 62, "SPEED_DUPLEX": 63,
    },
    "VIRTIO_BLK_F_": {
        "BARRIER": 0, "SIZE_MAX": 1, "SEG_MAX": 2, "GEOMETRY": 4, "RO": 5, "BLK_SIZE": 6, "SCSI": 7, "FLUSH": 9,
        "TOPOLOGY": 10, "CONFIG_WCE": 11, "MQ": 12, "DISCARD": 13, "WRITE_ZEROES": 14, "LIFETIME": 15,
        "SECURE_ERASE": 16, "ZONED": 17,
    },
    "VIRTIO_CONSOLE_F_": {"SIZE": 0, "MULTIPORT": 1, "EMERG_WRITE": 2},
    "VIRTIO_GPU_F_": {"VIRGL": 0, "EDID": 1, "RESOURCE_UUID": 2, "RESOURCE_BLOB": 3, "CONTEXT_INIT": 4},
    "VIRTIO_SCSI_F_": {"INOUT": 0, "HOTPLUG": 1, "CHANGE": 2, "T10_PI": 3},
    "VIRTIO_BALLOON_F_": {
        "MUST_TELL_HOST": 0, "STATS_VQ": 1, "DEFLATE_ON_OOM": 2, "FREE_PAGE_HINT": 3, "PAGE_POISON": 4, "REPORTING": 5,
    },
    "VIRTIO_IOMMU_F_": {
        "INPUT_RANGE": 0, "DOMAIN_RANGE": 1, "MAP_UNMAP": 2, "BYPASS": 3, "PROBE": 4, "MMIO": 5, "BYPASS_CONFIG": 6,
    },
    "VIRTIO_MEM_F_": {"ACPI_PXM": 0, "UNPLUGGED_INACCESSIBLE": 1, "PERSISTENT_SUSPEND": 2, "PERSISTENT_SUSPND": 2},
    "VIRTIO_VSOCK_F_": {"STREAM": 0, "SEQPACKET": 1, "NO_IMPLIED_STREAM": 2},
    "VIRTIO_I2C_F_": {"ZERO_LENGTH_REQUEST": 0, "ZERO_LEGNTH_REQUEST": 0},
    "VIRTIO_GPIO_F_": {"IRQ": 0},
}  # fmt: skip
_BIT_OF = {prefix + name: bit for prefix, names in _BITS.items() for name, bit in names.items()}
_MISNAMED = {"VIRTIO_NET_F_GUEST_USO4: Driver can receive USOv6": _BIT_OF["VIRTIO_NET_F_GUEST_USO6"]}
"""Words that begin with another feature's name (QEMU 8.1 and later)."""


class Status(IntFlag):
    """Device status bits (virtio 1.2, 2.1)."""

    ACKNOWLEDGE = 1
    DRIVER = 2
    DRIVER_OK = 4
    FEATURES_OK = 8
    NEEDS_RESET = 64
    FAILED = 128


@dataclass(frozen=True)
class Words:
    """What QEMU's words say: the bits, and the words that are not known here and so have none."""

    bits: int = 0
    unknown: tuple[str, ...] = ()


def features_of(reply: Mapping[str, Any]) -> Words:
    """Bits of a `VirtioDeviceFeatures` answer."""
    words = [*reply.get("transports", ()), *reply.get("dev-features", ())]
    known = {word: _bit(word) for word in words}
    bits = sum(1 << bit for bit in {bit for bit in known.values() if bit is not None})
    return Words(bits | int(reply.get("unknown-dev-features", 0)), tuple(w for w in words if known[w] is None))


def status_of(reply: Mapping[str, Any]) -> Status:
    """Bits of a `VirtioDeviceStatus` answer."""
    names: Sequence[str] = [word.partition(":")[0].removeprefix("VIRTIO_CONFIG_S_") for word in reply["statuses"]]
    known = sum(Status[name] for name in names if name in Status.__members__)
    return Status(known | int(reply.get("unknown-statuses", 0)))


def _bit(word: str) -> int | None:
    return _MISNAMED.get(word, _BIT_OF.get(word.partition(":")[0]))
