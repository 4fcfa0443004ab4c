"""The guest of the reference driver: its memory, and where in it rings, messages, tables and pictures lie."""

from collections import deque
from random import Random

from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE
from vdmabuf_inspect.reference.kinds import PACKED, SPLIT, Kind
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.ram import SharedRam

LOW = 1 << 20
"""Where the lower memory begins: behind what a PC keeps for its firmware."""
HIGH = 1 << 32
"""Where the upper memory begins: behind the hole for devices."""
HOLE = 3 << 30
"""An address in that hole."""
SLOT = 512
"""Bytes of a message slot; none crosses a page."""


def pages_of(size: int) -> int:
    """Whole pages behind so many bytes."""
    return -(-size // PAGE_SIZE)


class Guest:
    """Two regions with a hole between them. Data pages come from both, in no order."""

    def __init__(self, queues: int, queue_size: int, slots: int, table_pages: int, data_pages: int, rng: Random):
        """`slots` messages a queue; `table_pages` and `data_pages` for all buffers together."""
        ring = pages_of(max(kind.place.at(0, queue_size).end for kind in (SPLIT, PACKED)) + 64)
        arena = pages_of(16 * (queue_size + 2)) * 4 + 16
        fixed = queues * (ring + pages_of(slots * SLOT)) + arena + table_pages
        self.ram = SharedRam((LOW, _round(fixed + data_pages // 4 + 1)), (HIGH, _round(data_pages)))
        low, high = self.ram.blocks
        self._next = LOW
        self.limit = low.end
        """The end of the lower region; its last page is never used."""
        self.rings = [self.take(ring) for _ in range(queues)]
        """Addresses of memory for one ring each."""
        self._queue_size = queue_size
        self.slots = [self._slots(slots) for _ in range(queues)]
        self._arena = (self.take(arena), arena * PAGE_SIZE)
        self._arena_at = 0
        self.tables = deque(self.take(1) for _ in range(table_pages))
        spare = [*range(self._next, low.end - PAGE_SIZE, PAGE_SIZE), *range(HIGH, high.end, PAGE_SIZE)]
        rng.shuffle(spare)
        self.pages = deque(spare)

    def place(self, queue: int, kind: Kind) -> Place | PackedPlace:
        """Where a queue lies whose ring is of this kind."""
        return kind.place.at(self.rings[queue], self._queue_size)

    def take(self, pages: int) -> int:
        """The address of so many pages of the lower memory that nobody else has."""
        at, self._next = self._next, self._next + pages * PAGE_SIZE
        return at

    def scratch(self, size: int) -> int:
        """Sixteen-aligned memory for an indirect table; it comes round again only after many others."""
        start, room = self._arena
        if self._arena_at + size > room:
            self._arena_at = 0
        at = start + self._arena_at
        self._arena_at += -(-size // 16) * 16
        return at

    def _slots(self, count: int) -> deque[int]:
        start = self.take(pages_of(count * SLOT))
        return deque(range(start, start + count * SLOT, SLOT))


def _round(pages: int) -> int:
    """Bytes of a region with room for so many pages, in whole MiB."""
    return -(-(pages + 1) * PAGE_SIZE // (1 << 20)) * (1 << 20)
