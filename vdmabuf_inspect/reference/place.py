"""Where the parts of a split virtqueue lie, and one descriptor (virtio 1.2, 2.7)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar

NEXT, WRITE, INDIRECT = 1, 2, 4
NO_NOTIFY = 1
"""avail.flags: no interrupt wanted; used.flags: no kick wanted."""
USED_ELEMENT = Struct("<II")


@dataclass(frozen=True, slots=True)
class Desc:
    """One entry of a descriptor table, 16 bytes."""

    addr: int
    len: int
    flags: int = 0
    next: int = 0

    LAYOUT: ClassVar[Struct] = Struct("<QIHH")

    def pack(self) -> bytes:
        """Its bytes."""
        return self.LAYOUT.pack(self.addr, self.len, self.flags, self.next)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of guest memory that is one descriptor's worth of a chain."""

    addr: int
    len: int
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Guest-physical addresses of a queue of `size` entries."""

    size: int
    desc: int
    avail: int
    used: int

    packed: ClassVar[bool] = False
    base: ClassVar[int] = 0
    """Where a new ring stands, as SET_VRING_BASE tells it."""

    @classmethod
    def at(cls, gpa: int, size: int) -> "Place":
        """The three parts one after the other from `gpa` on, each on its alignment (2.7)."""
        avail = -(-gpa // 16) * 16 + 16 * size
        used = -(-(avail + 6 + 2 * size) // 64) * 64
        return cls(size, avail - 16 * size, avail, used)

    @property
    def end(self) -> int:
        """The first address behind the used ring."""
        return self.used + 6 + 8 * self.size

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """(gpa, bytes) of descriptor table, available ring and used ring, event words included."""
        return (self.desc, 16 * self.size), (self.avail, 6 + 2 * self.size), (self.used, 6 + 8 * self.size)

    @property
    def used_event(self) -> int:
        """Address of the word by which the driver asks for an interrupt (2.7.7)."""
        return self.avail + 4 + 2 * self.size

    @property
    def avail_event(self) -> int:
        """Address of the word by which the device asks for a kick (2.7.10)."""
        return self.used + 4 + 8 * self.size

    def descriptor(self, index: int) -> int:
        """Address of a descriptor."""
        return self.desc + 16 * index

    def available(self, index: int) -> int:
        """Address of the available entry with this free-running index."""
        return self.avail + 4 + 2 * (index % self.size)

    def element(self, index: int) -> int:
        """Address of the used element with this free-running index."""
        return self.used + 4 + 8 * (index % self.size)


def crossed(event: int, new: int, old: int) -> bool:
    """Whether the index passed `event` on its way from `old` to `new`, modulo 2**16 (2.7.7.2, 2.7.10.1)."""
    return (new - event - 1) & 0xFFFF < (new - old) & 0xFFFF
