"""Which chains of a packed queue the device has, in memory that outlives it; see inflight.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

from vdmabuf_inspect.reference.inflight import VERSION, Words, aligned
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Desc

_DESC = Struct("=HHIQ")
"""Buffer ID, flags, length, address of one descriptor, at 16 of its entry."""


@dataclass(frozen=True)
class Held:
    """A chain that an earlier device had: its first entry, its descriptors, its buffer ID."""

    entry: int
    table: list[Desc]
    number: int


class PackedTrack:
    """A packed queue's part of the region: a header of 32 bytes, then 32 bytes a descriptor, the free ones linked."""

    LAYOUT, COUNT, FREE, OLD_FREE, USED, OLD_USED, WRAP, OLD_WRAP = 8, 10, 12, 14, 16, 18, 20, 21
    HELD, NEXT, LAST, NUM, COUNTER, DESC = 0, 2, 4, 6, 8, 16

    def __init__(self, view: memoryview, place: PackedPlace) -> None:
        self._view, self._words, self._place = view, Words(view), place
        self._counter = self._taken = 0

    @staticmethod
    def room(size: int) -> int:
        """Bytes for a queue of `size` descriptors."""
        return aligned(32 + 32 * size)

    @property
    def is_new(self) -> bool:
        """Nobody has used it yet."""
        return not self._words.load16(self.LAYOUT)

    def resume(self, used: int, is_available: bool) -> tuple[int, list[Held]]:
        """Where the device stands, and the chains that an earlier one had taken and not returned, in its order.

        `used` is the position for a new region; `is_available` says whether the descriptor at `started` still is.
        """
        if self.is_new:
            self._begin(used)
        elif self._position(self.USED, self.WRAP) != self.started and not is_available:
            self._commit()
        self._words.store16(self.FREE, free := self._words.load16(self.OLD_FREE))
        if free < self._place.size:  # it was being taken when its device died, and is still in the ring
            self._words.store8(self._entry(free) + self.HELD, 0)
        self._put(self.USED, self.WRAP, self.started)
        held = [i for i in range(self._place.size) if self._words.load8(self._entry(i) + self.HELD)]
        held.sort(key=lambda i: self._words.load64(self._entry(i) + self.COUNTER))
        chains = [self._chain(i) for i in held]
        self._taken = sum(len(chain.table) for chain in chains)
        self._counter = self._words.load64(self._entry(held[-1]) + self.COUNTER) + 1 if held else 0
        return self.started, chains

    @property
    def started(self) -> int:
        """The position at which the last batch was written, or was to be; any when the region is new."""
        return self._position(self.OLD_USED, self.OLD_WRAP)

    def take(self, table: Sequence[Desc], number: int) -> int | None:
        """A chain was taken; its first entry, None where a driver has made more available than there is room for."""
        if not table or self._taken + len(table) > self._place.size:
            return None
        head = self._words.load16(self.OLD_FREE)
        start = self._entry(head)
        at = last = head
        for desc in table:
            _DESC.pack_into(self._view, self._entry(at) + self.DESC, number, desc.flags, desc.len, desc.addr)
            last, at = at, self._words.load16(self._entry(at) + self.NEXT)
        self._words.store16(start + self.LAST, last, len(table))
        self._words.store64(start + self.COUNTER, self._counter)
        self._words.store8(start + self.HELD, 1)
        self._words.store16(self.FREE, at, at)
        self._counter, self._taken = self._counter + 1, self._taken + len(table)
        return head

    def returning(self, heads: Sequence[int], used: int) -> None:
        """These chains are about to be returned by one descriptor, after which the device stands at `used`."""
        for head in heads:
            self._words.store16(self._last(head) + self.NEXT, self._words.load16(self.FREE))
            self._words.store16(self.FREE, head)
        self._put(self.USED, self.WRAP, used)

    def returned(self, heads: Sequence[int]) -> None:
        """They were."""
        self._taken -= sum(self._words.load16(self._entry(head) + self.NUM) for head in heads)
        self._commit()

    def _begin(self, used: int) -> None:
        for i in range(self._place.size):
            self._words.store16(self._entry(i) + self.NEXT, i + 1)
        self._put(self.USED, self.WRAP, used)
        self._put(self.OLD_USED, self.OLD_WRAP, used)
        self._words.store16(self.COUNT, self._place.size)
        self._words.store16(self.LAYOUT, VERSION)

    def _commit(self) -> None:
        """What was about to be returned was returned: its entries are free."""
        free, old, limit = self._words.load16(self.FREE), self._words.load16(self.OLD_FREE), self._place.size
        while free != old and limit:
            self._words.store8(self._entry(free) + self.HELD, 0)
            free = self._words.load16(self._last(free) + self.NEXT)
            limit -= 1
        self._words.store16(self.OLD_FREE, self._words.load16(self.FREE))
        self._put(self.OLD_USED, self.OLD_WRAP, self._position(self.USED, self.WRAP))

    def _chain(self, entry: int) -> Held:
        table, at, number = [], entry, 0
        for _ in range(min(self._words.load16(self._entry(entry) + self.NUM), self._place.size)):
            number, flags, length, addr = _DESC.unpack_from(self._view, self._entry(at) + self.DESC)
            table.append(Desc(addr, length, flags))
            at = self._words.load16(self._entry(at) + self.NEXT)
        return Held(entry, table, number)

    def _position(self, index: int, wrap: int) -> int:
        return self._words.load16(index) % self._place.size + (0 if self._words.load8(wrap) else self._place.size)

    def _put(self, index: int, wrap: int, position: int) -> None:
        self._words.store16(index, position % self._place.size)
        self._words.store8(wrap, int(position < self._place.size))

    def _last(self, head: int) -> int:
        return self._entry(self._words.load16(self._entry(head) + self.LAST))

    def _entry(self, index: int) -> int:
        return 32 + 32 * (index % self._place.size)
