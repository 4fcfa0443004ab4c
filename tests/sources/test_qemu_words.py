"""What QEMU prints for people, read back: feature names, status names, the flat view of memory."""

from tests.sources.fake_qemu import RECORDED
from vdmabuf_inspect.sources.qemu.features import Status, features_of, status_of
from vdmabuf_inspect.sources.qemu.flatview import RamRange, ram_ranges, translates

GUEST_SAYS = "0010010000000001111101010000110010000000100000000000000000000000"
"""The same network card's features in the guest's own /sys, bit 0 first."""


def test_features_are_those_that_the_guest_says() -> None:
    words = features_of(RECORDED["status_net"]["guest-features"])
    assert words.bits == int(GUEST_SAYS[::-1], 2) and not words.unknown
    assert features_of(RECORDED["status_blk-packed"]["guest-features"]).bits >> 34 & 1


def test_a_name_that_is_not_its_features_own() -> None:
    words = ["VIRTIO_NET_F_GUEST_USO4: Driver can receive USOv4", "VIRTIO_NET_F_GUEST_USO4: Driver can receive USOv6"]
    assert features_of({"transports": [], "dev-features": words}).bits == 3 << 54


def test_a_name_that_nobody_knows_is_kept() -> None:
    words = features_of({"transports": ["VIRTIO_F_NEW: x"], "unknown-dev-features": 1 << 5})
    assert words.bits == 32 and words.unknown == ("VIRTIO_F_NEW: x",)


def test_status() -> None:
    assert status_of(RECORDED["status_net"]["status"]) == Status(15)
    assert status_of({"statuses": ["VIRTIO_CONFIG_S_FAILED: x"], "unknown-statuses": 32}) == Status(128 | 32)


def test_memory_above_and_below_the_hole() -> None:
    assert ram_ranges(RECORDED["mtree_5g"]) == (
        RamRange(0, 0x8000_0000, "m", 0),
        RamRange(0xFFFC_0000, 0x4_0000, "pc.bios", 0),
        RamRange(0x1_0000_0000, 0xC000_0000, "m", 0x8000_0000),
    )


def test_what_is_no_memory_is_left_out() -> None:
    text = """FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-000000000000ffff (prio 0, ram): pc.ram KVM
  0000000000010000-000000000001ffff (prio 0, rom): pc.ram @0000000000010000 KVM
  00000000e0000000-00000000e0ffffff (prio 0, ramd): 0000:01:00.0 BAR 0 mmaps[0]
  00000000ffc00000-00000000ffffffff (prio 0, romd): system.flash0

FlatView #1
 AS "cpu-smm-0", root: memory
  0000000000000000-00000000ffffffff (prio 0, ram): other

"""
    assert ram_ranges(text) == (RamRange(0, 0x20000, "pc.ram", 0),)


def test_an_iommu_at_work_is_told_from_one_that_lets_through() -> None:
    assert translates(RECORDED["mtree_iommu"]) and not translates(RECORDED["mtree_5g"])
    through = RECORDED["mtree_5g"].replace(' AS "memory"', ' AS "vtd-root", root: vtd-00.0\n AS "memory"')
    assert not translates(through)
