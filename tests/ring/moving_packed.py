"""A conforming pair on a packed ring that works on while it is looked at, and memory that is reused once it is free."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from random import Random
from struct import pack

from tests.ring.moving import Buffer, Made, anything
from tests.stories.guest import INDIRECT, NEXT, WRITE, Guest
from tests.stories.packed import AVAIL, USED, PackedRing
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.slots import word_of

_ROOM, _HEAP, _CELL, _CELLS = 1 << 15, 0x2000, 64, 300
STEP_NS = 150_000
"""No side takes a step in less time."""


@dataclass(frozen=True)
class Manner:
    """What kind of pair it is."""

    indirect: bool = False
    in_order: bool = False
    """One used descriptor may stand for several chains."""
    depth: int = 64
    """Chains that are out at once, at most."""
    alike: bool = False
    """All chains have one buffer of one length."""
    ids: bool = True
    """The buffer ID stands in each descriptor, not in the last one only."""


@dataclass(frozen=True)
class Out:
    """A chain that is out: what the driver has to free, what the device may write."""

    slots: int
    cells: list[int]
    writable: list[Buffer]


class MovingPacked:
    """Between two reads of `memory` both sides take so many steps as one of `pauses` says, each one thing written.

    What was freed last is taken first; half of what is free others write to.
    """

    def __init__(self, layout: QueueLayout, random: Random, manner: Manner) -> None:
        self.ring, self.random, self.manner = PackedRing(Guest(bytearray(_ROOM)), layout), random, manner
        self.memory = Memory([Segment(0, _ROOM, self._read)])
        self.pauses = [0]
        self.now_ns = 0
        self.speed = random.choice([0.02, 0.1, 0.5])
        """How often the device returns chains when it is its turn."""
        self.made: dict[tuple[int, int], list[Made]] = {}
        """By buffer ID and place as records say it, which comes again every two laps."""
        self.waiting: dict[int, int] = {}
        """Buffer IDs of the chains that the device has, and their places as records say them."""
        self.happened = 0
        """Chains made available and chains returned."""
        self._heap = list(range(_HEAP, _HEAP + _CELLS * _CELL, _CELL))
        self._free = list(range(layout.size))
        self._out: dict[int, Out] = {}
        self._reaped = 0
        self._sides = [self._driver(), self._device()]

    def go(self, steps: int) -> None:
        """Both sides go on."""
        self.now_ns += steps * STEP_NS
        for _ in range(steps):
            next(self.random.choice(self._sides))

    def is_out(self, record: Record) -> bool:
        """Whether the device has this chain now, or one that stands where it stood, and has not begun to return it."""
        return self.waiting.get(record.head) == record.index

    def is_right(self, record: Record) -> bool:
        """Whether such a chain was made available at that place."""
        return any(made.is_told_by(record) for made in self.made.get((record.head, record.index), []))

    def _read(self, offset: int, size: int) -> bytes:
        self.go(self.random.choice(self.pauses))
        return bytes(self.ring.guest.ram[offset : offset + size])

    def _driver(self) -> Iterator[None]:
        size = self.ring.layout.size
        while True:
            while self._reaped < self.ring.device:
                yield from self._reap()
            room = size - (self.ring.driver - self._reaped)
            longest = min(1 if self.manner.alike else 3, size if self.manner.indirect else room)
            if len(self._out) < self.manner.depth and room and self._free:
                yield from self._offer(self.random.randint(1, longest))
            yield

    def _reap(self) -> Iterator[None]:
        at = self.ring.layout.desc + 16 * (self._reaped % self.ring.layout.size)
        last = int.from_bytes(self.ring.guest.ram[at + 12 : at + 14], "little")
        while True:
            id = next(iter(self._out)) if self.manner.in_order else last
            out = self._out.pop(id)
            self._reaped += out.slots
            self._free.insert(0, id)
            for cell in out.cells:
                if self.random.random() < 0.5:
                    self.ring.guest.write(cell, anything(self.random))
                    yield
            self._heap[:0] = out.cells
            if id == last:
                return

    def _offer(self, count: int) -> Iterator[None]:
        cells = [self._heap.pop(0) for _ in range(count)]
        readable, chain, data = self.random.randint(0, count), list[Buffer](), b""
        for i, cell in enumerate(cells):
            size, content = 20 if self.manner.alike else self.random.randint(1, _CELL), self.random.randbytes(_CELL)
            self.ring.guest.write(cell, content)
            data += content[:size] if i < readable else b""
            linked = NEXT if i < count - 1 and not self.manner.indirect else 0
            chain.append((cell, size, (0 if i < readable else WRITE) | linked))
            yield
        made, writable = chain, [buffer for buffer in chain if buffer[2] & WRITE]
        if self.manner.indirect:
            cells.append(self._heap.pop(0))
            chain = yield from self._table(cells[-1], chain)
        id = self._free.pop(0)
        yield from self._describe(chain, id)
        place = word_of(self.ring.driver, self.ring.layout.size)
        self.ring.publish([(addr, length, flags & ~NEXT) for addr, length, flags in chain])
        self._out[id], self.waiting[id] = Out(len(chain), cells, writable), place
        self.made.setdefault((id, place), []).append(Made(id, made, data))
        self.happened += 1

    def _table(self, cell: int, chain: list[Buffer]) -> Generator[None, None, list[Buffer]]:
        for i, (addr, length, flags) in enumerate(chain):
            self.ring.guest.write(cell + 16 * i, pack("<QIHH", addr, length, 0, flags))
            yield
        return [(cell, 16 * len(chain), INDIRECT)]

    def _describe(self, chain: list[Buffer], id: int) -> Iterator[None]:
        """All but the flags of the first descriptor, in any order."""
        ring, parts = self.ring, list[tuple[int, bytes]]()
        for i, (addr, length, flags) in enumerate(chain):
            place = ring.driver + i
            at = ring.layout.desc + 16 * (place % ring.layout.size)
            shown = id if self.manner.ids or i == len(chain) - 1 else 0xDEAD
            parts += [(at, pack("<Q", addr)), (at + 8, pack("<IH", length, shown))]
            parts += [(at + 14, pack("<H", flags | ring.bits(place)))] if i else []
        self.random.shuffle(parts)
        for at, data in parts:
            ring.guest.write(at, data)
            yield

    def _device(self) -> Iterator[None]:
        while True:
            if self.waiting and self.random.random() < self.speed:
                ids = list(self.waiting)
                if self.manner.in_order:
                    yield from self._give_back(ids[: self.random.randint(1, len(ids))])
                else:
                    yield from self._give_back([self.random.choice(ids)])
            yield

    def _give_back(self, ids: list[int]) -> Iterator[None]:
        """One used descriptor for all of these: all but the last are used completely."""
        written = 0
        for id in ids:
            room = sum(length for _, length, _ in self._out[id].writable)
            written = room if id != ids[-1] else self.random.randint(0, room)
            yield from self._write(self._out[id].writable, written)
        ring, slots = self.ring, sum(self._out[id].slots for id in ids)
        at = ring.layout.desc + 16 * (ring.device % ring.layout.size)
        ring.guest.write(at + 8, pack("<IH", written, ids[-1]))
        for id in ids:
            del self.waiting[id]
        yield
        bits = AVAIL | USED if ring.wrap(ring.device) else 0
        ring.guest.write(at + 14, pack("<H", bits | (WRITE if written else 0)))
        ring.device += slots
        self.happened += len(ids)

    def _write(self, buffers: list[Buffer], count: int) -> Iterator[None]:
        for addr, length, _ in buffers:
            if count > 0:
                self.ring.guest.write(addr, self.random.randbytes(min(length, count)))
                count -= length
                yield
