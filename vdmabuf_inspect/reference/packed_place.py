"""Where the parts of a packed virtqueue lie, and how positions on it are counted (virtio 1.2, 2.8)."""

from dataclasses import dataclass
from typing import ClassVar

AVAIL, USED = 1 << 7, 1 << 15
"""Flags of a descriptor by which driver and device say whose it is (2.8.1)."""
ENABLE, DISABLE, EVENT = 0, 1, 2
"""Flags of an event suppression structure: always, never, at one descriptor (2.8.10)."""
FLAGS = 14
"""Where the flags stand in a descriptor; they are stored last."""
WRAP = 1 << 15


@dataclass(frozen=True, slots=True)
class PackedPlace:
    """Guest-physical addresses of a packed queue of `size` descriptors.

    `avail` and `used` are the event suppression structures of the driver and of the device, as in VRING_ADDR.
    A position counts descriptors from 0 to twice the size, less one: the wrap counter is 1 on the first lap.
    """

    size: int
    desc: int
    avail: int
    used: int

    packed: ClassVar[bool] = True
    base: ClassVar[int] = 0x80008000
    """Where a new ring stands, as SET_VRING_BASE tells it: both at descriptor 0, both wrap counters 1."""

    @classmethod
    def at(cls, gpa: int, size: int) -> "PackedPlace":
        """Ring and event structures one after the other from `gpa` on, each on its alignment (2.8.10.1)."""
        desc = -(-gpa // 16) * 16
        return cls(size, desc, desc + 16 * size, desc + 16 * size + 4)

    @property
    def end(self) -> int:
        """The first address behind the device's event structure."""
        return self.used + 4

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """(gpa, bytes) of the ring, the driver's and the device's event suppression structure."""
        return (self.desc, 16 * self.size), (self.avail, 4), (self.used, 4)

    def descriptor(self, position: int) -> int:
        """Address of the descriptor at a position, or with a number."""
        return self.desc + 16 * (position % self.size)

    def after(self, position: int, count: int) -> int:
        """The position so many descriptors on."""
        return (position + count) % (2 * self.size)

    def word(self, position: int) -> int:
        """Descriptor number in bits 0 to 14, wrap counter in bit 15 (2.8.14)."""
        return position % self.size | (WRAP if position < self.size else 0)

    def position(self, word: int) -> int:
        """The position that a word tells, whatever it holds."""
        return (word & WRAP - 1) % self.size + (0 if word & WRAP else self.size)

    def available(self, position: int) -> int:
        """The two flags of a descriptor made available there (2.8.1)."""
        return AVAIL if position < self.size else USED

    def returned(self, position: int) -> int:
        """The two flags of a descriptor that the device has used there (2.8.1)."""
        return AVAIL | USED if position < self.size else 0

    def crossed(self, event: int, new: int, old: int) -> bool:
        """Whether `event` was passed on the way from position `old` to `new` (2.8.10)."""
        lap = 2 * self.size
        return (new - event - 1) % lap < (new - old) % lap

    def positions(self, base: int) -> tuple[int, int]:
        """Where driver and device stand by a VRING_BASE: available in the low half, used in the high half.

        DPDK leaves the high half zero; what would be more in flight than the ring holds means the same place twice.
        """
        avail, used = self.position(base), self.position(base >> 16)
        outstanding = (avail - used) % (2 * self.size)
        alone = base >> 16 == 0 and outstanding == self.size
        return avail, avail if alone or outstanding > self.size else used

    def base_of(self, avail: int, used: int) -> int:
        """The VRING_BASE of two positions."""
        return self.word(avail) | self.word(used) << 16
