"""The slots of a packed ring and the bits by which they tell whose turn it is (virtio 1.2, 2.8.1).

A place counts slots from the ring's set-up on and never wraps: place p is slot `p % size`, in lap `p // size`,
and the wrap counter of even laps is 1.
"""

from dataclasses import dataclass
from struct import Struct

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
"""Descriptor flags (2.8.1, 2.8.3, 2.8.6, 2.8.7)."""
SLOT = Struct("<QIHH")
"""Address, length, buffer ID, flags."""

_BIT = bytes(i >> 7 for i in range(256))


def wrap_of(place: int, size: int) -> int:
    """The wrap counter with which the slot at `place` is made available and used."""
    return 1 - (place // size & 1)


def word_of(place: int, size: int) -> int:
    """A place as records and event suppression structures say it: slot in bits 0 to 14, wrap counter in bit 15."""
    return place % size | wrap_of(place, size) << 15


def place_of(word: int, size: int) -> int:
    """The place of the first two laps that `word_of` would give `word`; a slot beyond the ring is taken modulo it."""
    return (word & 0x7FFF) % size + (0 if word >> 15 else size)


def behind(word: int, slots: int, size: int) -> int:
    """The word of the place that lies so many slots behind that of `word`; a ring of size 0 has but one."""
    return word_of(place_of(word, size) + slots, size) if size else word


def between(driver: int, device: int, size: int) -> int:
    """Slots that the driver is ahead of the device, both given as words."""
    return (place_of(driver, size) - place_of(device, size)) % (2 * size) if size else 0


@dataclass(frozen=True, slots=True)
class Group:
    """Descriptors linked by NEXT, from `place` on: a chain, or what is left of one."""

    place: int
    slots: int
    id: int
    """Buffer ID of its last descriptor."""
    whole: bool = True
    """It ends with a descriptor without NEXT; where it does not, the device has overwritten its end."""


class Slots:
    """The bytes of a whole ring, as one reading found them: 16 bytes a slot."""

    __slots__ = ("_avail", "_both", "_used", "raw", "size")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.size = len(raw) // 16
        self._avail = raw[14::16].translate(_BIT)
        self._used = raw[15::16].translate(_BIT)
        sums = int.from_bytes(self._avail, "little") + int.from_bytes(self._used, "little")
        self._both = sums.to_bytes(self.size, "little")

    def at(self, place: int) -> tuple[int, int, int, int]:
        """Address, length, buffer ID and flags of a slot."""
        return SLOT.unpack_from(self.raw, place % self.size * 16)

    def bits(self, place: int) -> tuple[int, int]:
        """AVAIL and USED of a slot."""
        slot = place % self.size
        return self._avail[slot], self._used[slot]

    def offered(self, place: int) -> bool:
        """Whether the driver has made this place available; the device may have used it since."""
        return self._avail[place % self.size] == wrap_of(place, self.size)

    def marked(self, place: int) -> bool:
        """Whether this place has a used descriptor."""
        wrap = wrap_of(place, self.size)
        return self.bits(place) == (wrap, wrap)

    def next_marked(self, begin: int, end: int) -> int | None:
        """The first place from `begin` to `end` that has a used descriptor; at most a lap lies between them."""
        while begin < end:
            stop = min(end, (begin // self.size + 1) * self.size)
            first = begin % self.size
            found = self._both.find(2 * wrap_of(begin, self.size), first, first + stop - begin)
            if found >= 0:
                return begin - first + found
            begin = stop
        return None

    def same_bits(self, other: "Slots", begin: int, end: int) -> bool:
        """Whether AVAIL and USED of the places from `begin` to `end`, a lap at most, are those of the other ring."""
        while begin < end:
            first = begin % self.size
            count = min(end - begin, self.size - first)
            part = slice(first, first + count)
            if self._avail[part] != other._avail[part] or self._used[part] != other._used[part]:
                return False
            begin += count
        return True

    def same(self, other: "Slots", place: int) -> bool:
        """Whether all bytes of a slot are those of the other ring."""
        at = place % self.size * 16
        return self.raw[at : at + 16] == other.raw[at : at + 16]

    def fresh(self) -> bool:
        """Whether the driver has not been round yet: the last slot was never written."""
        return self.unwritten(self.size - 1)

    def run(self, place: int) -> int:
        """How many places from this one on are available, one lap at most."""
        found = 0
        while found < self.size and self.offered(place + found):
            found += 1
        return found

    def unwritten(self, place: int) -> bool:
        """Whether a slot is all zeros, as the ring is before its first lap."""
        at = place % self.size * 16
        return not any(self.raw[at : at + 16])

    def driver(self) -> int | None:
        """Where the driver is, as a place of the first two laps: the first slot whose AVAIL differs from slot 0's.

        None where AVAIL changes more than once: a chain is just being written, or the driver breaks a rule.
        """
        first = self._avail[0]
        turn = self._avail.find(1 - first)
        return None if turn >= 0 and self._avail.find(first, turn) >= 0 else self.turn()

    def turn(self) -> int:
        """As `driver`, for any ring."""
        first = self._avail[0]
        turn = self._avail.find(1 - first)
        if turn < 0:
            return self.size if first else 0
        return turn if first else self.size + turn

    def group(self, place: int) -> Group:
        """The descriptors from `place` to the first without NEXT; it ends before a used descriptor and after a lap."""
        slots = 1
        _, _, buffer, flags = self.at(place)
        while flags & NEXT and not flags & INDIRECT and slots < self.size:
            if self.marked(place + slots):
                return Group(place, slots, buffer, False)
            _, _, buffer, flags = self.at(place + slots)
            slots += 1
        return Group(place, slots, buffer, not flags & NEXT or bool(flags & INDIRECT))

    def groups(self, begin: int, end: int) -> list[Group]:
        """The chains from `begin` to `end`, as far as their descriptors go."""
        found = []
        while begin < end:
            found.append(self.group(begin))
            begin += found[-1].slots
        return found

    def consistent(self, place: int, slots: int) -> bool:
        """Whether all descriptors of a chain have the bits of an available one (2.8.6)."""
        wraps = ((p, wrap_of(p, self.size)) for p in range(place, place + slots))
        return all(self.bits(p) == (wrap, 1 - wrap) for p, wrap in wraps)
