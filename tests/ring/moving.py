"""A conforming pair on a split ring that works on while it is looked at, and memory that is reused once it is free."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from random import Random
from struct import pack
from typing import Protocol

from tests.stories.guest import INDIRECT, NEXT, WRITE, Guest, Ring
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout

_ROOM, _HEAP, _CELL, _CELLS = 1 << 15, 0x2000, 64, 300
_NOWHERE = 1 << 40
Buffer = tuple[int, int, int]
"""Address, length, flags."""


@dataclass(frozen=True)
class Made:
    """What a driver has made available."""

    head: int
    buffers: list[Buffer]
    readable: bytes

    def is_told_by(self, record: Record) -> bool:
        """Whether that is what was seen."""
        told = [(d.addr, d.len, d.flags & (NEXT | WRITE)) for d in record.descriptors if not d.flags & INDIRECT]
        return (record.head, told, record.readable_bytes) == (self.head, self.buffers, self.readable)


def anything(random: Random) -> bytes:
    """What others keep in memory: nothing, numbers, or what looks like descriptors."""
    entries = (
        pack("<QIHH", random.choice([_NOWHERE, _HEAP, 0]), random.choice([0, 8, 70000]), random.randrange(8), flags)
        for flags in random.choices(range(5), k=_CELL // 16)
    )
    return random.choice([bytes(_CELL), random.randbytes(_CELL), b"".join(entries)])


class Pair(Protocol):
    """A pair that moves, on either kind of ring."""

    def is_out(self, record: Record) -> bool:
        """Whether the device has this chain now."""

    def is_right(self, record: Record) -> bool:
        """Whether a chain was told as it was made available."""


def check(records: list[Record], moving: Pair, *, lossy: bool) -> int:
    """How many chains were told that the device still has: they are right, and vouched for if nothing was missed."""
    found = 0
    for record in records:
        stale = bool(record.flags & EventFlag.STALE)
        assert stale or not record.problems, Problem(record.problems)
        assert stale or record.kind is not EventKind.LOOK or not record.flags
        if record.kind is EventKind.AVAILABLE and moving.is_out(record):
            assert stale or moving.is_right(record)
            assert not stale or lossy
            found += 1
    return found


class Moving:
    """Between two reads of `memory` both sides take so many steps as one of `pauses` says, each one thing written.

    What was freed last is taken first; half of what is free others write to.
    """

    def __init__(self, layout: QueueLayout, random: Random, *, indirect: bool, depth: int, begin: int = 0) -> None:
        self.ring, self.random, self.indirect, self.depth = (
            Ring(Guest(bytearray(_ROOM)), layout),
            random,
            indirect,
            depth,
        )
        self.ring.set_avail(begin)
        self.ring.set_used(begin)
        self.memory = Memory([Segment(0, _ROOM, self._read)])
        self.pauses = [0]
        self.speed = random.choice([0.02, 0.1, 0.5])
        """How often the device returns a chain when it is its turn."""
        self.made: dict[int, Made] = {}
        """By ring index."""
        self.latest: dict[int, int] = {}
        """Ring index of each head's last offer."""
        self.waiting: list[int] = []
        """Heads that the device has."""
        self._heap = list(range(_HEAP, _HEAP + _CELLS * _CELL, _CELL))
        self._free = list(range(layout.size))
        self._taken: dict[int, tuple[list[int], list[int]]] = {}
        self._reaped = begin
        self._sides = [self._driver(), self._device()]

    def go(self, steps: int) -> None:
        """Both sides go on."""
        for _ in range(steps):
            next(self.random.choice(self._sides))

    def is_right(self, record: Record) -> bool:
        """Whether a chain was told as it was made available."""
        return self.made[record.index].is_told_by(record)

    def is_out(self, record: Record) -> bool:
        """Whether the device has this chain now."""
        return self.latest.get(record.head) == record.index and record.head in self.waiting

    def _read(self, offset: int, size: int) -> bytes:
        self.go(self.random.choice(self.pauses))
        return bytes(self.ring.guest.ram[offset : offset + size])

    def _driver(self) -> Iterator[None]:
        while True:
            while self._reaped != self.ring.used_idx:
                yield from self._reap()
            longest = min(3, self.ring.layout.size, len(self._free))
            if len(self._taken) < self.depth and longest:
                yield from self._offer(self.random.randint(1, longest))
            yield

    def _reap(self) -> Iterator[None]:
        layout = self.ring.layout
        at = layout.used + 4 + 8 * (self._reaped % layout.size)
        cells, slots = self._taken.pop(int.from_bytes(self.ring.guest.ram[at : at + 4], "little"))
        self._reaped = (self._reaped + 1) & 0xFFFF
        self._free[:0] = slots
        for cell in cells:
            if self.random.random() < 0.5:
                self.ring.guest.write(cell, anything(self.random))
                yield
        self._heap[:0] = cells

    def _offer(self, count: int) -> Iterator[None]:
        cells = [self._heap.pop(0) for _ in range(count)]
        readable, buffers, data = self.random.randint(0, count), list[Buffer](), b""
        for i, cell in enumerate(cells):
            size, content = self.random.randint(1, _CELL), self.random.randbytes(_CELL)
            self.ring.guest.write(cell, content)
            data += content[:size] if i < readable else b""
            buffers.append((cell, size, (0 if i < readable else WRITE) | (NEXT if i < count - 1 else 0)))
            yield
        slots = yield from self._describe_table(buffers, cells) if self.indirect else self._describe(buffers)
        self._taken[slots[0]] = cells, slots
        at = self.ring.avail_idx
        self.latest[slots[0]], self.made[at] = at, Made(slots[0], buffers, data)
        self.ring.offer(slots[0])
        self.waiting.append(slots[0])

    def _describe(self, buffers: list[Buffer]) -> Generator[None, None, list[int]]:
        slots = [self._free.pop(0) for _ in buffers]
        for slot, after, buffer in zip(slots, [*slots[1:], 0], buffers, strict=True):
            self.ring.describe(slot, *buffer, after)
            yield
        return slots

    def _describe_table(self, buffers: list[Buffer], cells: list[int]) -> Generator[None, None, list[int]]:
        cells.append(self._heap.pop(0))
        for i, buffer in enumerate(buffers):
            self.ring.guest.write(cells[-1] + 16 * i, pack("<QIHH", *buffer, i + 1))
            yield
        slots = [self._free.pop(0)]
        self.ring.describe(slots[0], cells[-1], 16 * len(buffers), INDIRECT)
        yield
        return slots

    def _device(self) -> Iterator[None]:
        while True:
            if self.waiting and self.random.random() < self.speed:
                self.ring.give_back(self.waiting.pop(self.random.randrange(len(self.waiting))), 1)
            yield
