"""Where a virtqueue lies and how big its parts are (virtio 1.2, 2.7 and 2.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature

MAX_SIZE = 32768
LEGACY_ALIGN = 4096

_START = Struct("<IIQQQQHHIQ")
_REGION = Struct("<QQ")


@dataclass(frozen=True)
class QueueLayout:
    """One virtqueue: guest-physical addresses of its three parts, its size in descriptors, its features.

    On a packed ring `desc` is the ring, `avail` the driver's and `used` the device's event suppression structure.
    """

    device: int
    """Device number within the session, from 0."""
    index: int
    """Virtqueue index within the device."""
    name: str
    size: int
    desc: int
    avail: int
    used: int
    features: int = int(Feature.VERSION_1)
    device_id: int = 0
    """Virtio device ID, 0 when unknown."""
    offered: int = 0
    """Features that the device offered, 0 when unknown."""

    @classmethod
    def legacy(cls, device: int, index: int, name: str, size: int, desc: int, features: int = 0) -> "QueueLayout":
        """The contiguous layout of a legacy device (virtio 1.2, 2.7.2): `used` on the next 4096-byte boundary."""
        avail = desc + 16 * size
        used = -(-(avail + 6 + 2 * size) // LEGACY_ALIGN) * LEGACY_ALIGN
        return cls(device, index, name, size, desc, avail, used, features)

    def has(self, feature: Feature) -> bool:
        """Whether the driver acknowledged `feature`."""
        return bool(self.features & feature)

    @property
    def packed(self) -> bool:
        """Whether it is a packed ring (2.8)."""
        return self.has(Feature.RING_PACKED)

    @property
    def parts(self) -> tuple[tuple[int, int, int], ...]:
        """(address, bytes, alignment) of descriptor table, available ring and used ring (2.7, 2.8.10.1)."""
        if self.packed:
            return ((self.desc, 16 * self.size, 16), (self.avail, 4, 4), (self.used, 4, 4))
        return (
            (self.desc, 16 * self.size, 16),
            (self.avail, 6 + 2 * self.size, 2),
            (self.used, 6 + 8 * self.size, 4),
        )

    def start_payload(self, avail_idx: int, used_idx: int, memory: Memory) -> bytes:
        """The bytes of a START event (model.record.START and its regions)."""
        regions = memory.regions()[:4096]
        head = _START.pack(
            self.device_id, self.size, self.features, self.desc, self.avail, self.used,
            avail_idx, used_idx, len(regions), self.offered,
        )  # fmt: skip
        return head + b"".join(_REGION.pack(gpa, size) for gpa, size in regions)


def layout_problems(layout: QueueLayout, memory: Memory, others: Iterable[QueueLayout] = ()) -> Problem:
    """What is wrong with where a queue lies: size, alignment, memory, overlap with itself and `others`."""
    found = Problem(0)
    uneven = layout.size & (layout.size - 1) and not layout.packed
    if layout.size == 0 or layout.size > MAX_SIZE or uneven:
        found |= Problem.SIZE_INVALID
    if any(address % align for address, _, align in layout.parts):
        found |= Problem.MISALIGNED
    if not all(memory.covers(address, size) for address, size, _ in layout.parts):
        found |= Problem.RING_OUTSIDE_MEMORY
    if _overlap([part for each in (layout, *others) for part in each.parts]):
        found |= Problem.PARTS_OVERLAP
    return found


def _overlap(parts: list[tuple[int, int, int]]) -> bool:
    parts = sorted(parts)
    return any(a[0] + a[1] > b[0] for a, b in zip(parts, parts[1:], strict=False))
