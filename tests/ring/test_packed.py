"""Packed rings: what both sides did between two looks is told once and in its order, or counted as missed."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.guest import WRITE, Guest
from tests.stories.packed import PackedRing
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.watch import Watcher
from vdmabuf_inspect.ring.still import still_records

AVAILABLE, USED, GAP, LOOK = EventKind.AVAILABLE, EventKind.USED, EventKind.GAP, EventKind.LOOK
PACKED = int(Feature.VERSION_1 | Feature.RING_PACKED)
Entry = tuple[EventKind, int]
QUICK = settings(max_examples=150, deadline=None, derandomize=True)
SIZES = st.sampled_from([1, 2, 3, 5, 7, 8, 12, 60])
STEP = st.tuples(st.sampled_from(["offer", "offer", "offer", "return", "return", "look"]), st.integers(0, 5))
STEPS = st.lists(STEP, max_size=120)


def ring(size: int, features: int = PACKED) -> PackedRing:
    """A fresh ring with memory behind it."""
    begin = 16 * size
    return PackedRing(Guest(bytearray(begin + 4096)), QueueLayout(0, 0, "q", size, 0, begin, begin + 4, features))


@dataclass
class Sides:
    """A conforming driver and device on one ring, and all that they did."""

    ring: PackedRing
    lengths: tuple[int, ...] = (1, 2, 3)
    in_order: bool = False
    ids: bool = True
    out: dict[int, int] = field(default_factory=dict)
    done: list[Entry] = field(default_factory=list)
    turn: int = 0
    lapped: bool = False
    """The driver went a lap or more since the last look."""
    looked: int = 0

    def offer(self, which: int) -> None:
        size, slots = self.ring.layout.size, self.lengths[which % len(self.lengths)]
        slots = min(slots, size)
        if sum(self.out.values()) + slots > size:
            return
        free = [i for i in range(size) if i not in self.out]
        id = free[which % len(free)] if which > 2 else free[0]
        self.turn += 1
        chain = [(size * 16 + 64 + self.turn % 1000, 8, WRITE)] * slots
        self.ring.offer(chain, id, ids=self.ids)
        self.out[id] = slots
        self.done.append((AVAILABLE, id))

    def give_back(self, which: int) -> None:
        if not self.out:
            return
        if self.in_order:
            self.batch(1 + which % len(self.out))
            return
        id = list(self.out)[which % len(self.out)]
        self.ring.give_back(id, 8, self.out.pop(id))
        self.done.append((USED, id))

    def batch(self, count: int) -> None:
        ids = list(self.out)[:count]
        self.ring.give_back(ids[-1], 8, sum(self.out.pop(id) for id in ids))
        self.done += [(USED, id) for id in ids]

    def act(self, step: tuple[str, int]) -> None:
        if step[0] == "offer":
            self.offer(step[1])
        elif step[0] == "return":
            self.give_back(step[1])
        self.lapped |= self.ring.driver - self.looked > self.ring.layout.size

    def look(self, watcher: Watcher, now: int) -> list[Record]:
        self.looked = self.ring.driver
        return watcher.look(now)


def entries(records: list[Record]) -> list[Entry]:
    return [(r.kind, r.head) for r in records if r.kind in (AVAILABLE, USED)]


def of(kind: EventKind, events: list[Entry]) -> list[int]:
    return [head for k, head in events if k is kind]


def begun(sides: Sides) -> Watcher:
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    (start,) = watcher.start(0, complete=True)
    assert start.flags & EventFlag.COMPLETE
    return watcher


@QUICK
@given(SIZES, STEPS, st.booleans(), st.booleans())
def test_a_look_after_each_step_sees_everything_in_order(
    size: int, steps: list[tuple[str, int]], in_order: bool, ids: bool
) -> None:
    features = PACKED | (int(Feature.IN_ORDER) if in_order else 0)
    sides = Sides(ring(size, features), in_order=in_order, ids=ids)
    watcher, told = begun(sides), []
    for now, step in enumerate(steps):
        sides.act(step)
        records = watcher.look(now)
        told += entries(records)
        assert not any(r.problems or r.flags & EventFlag.STALE for r in records)
        assert not [r for r in records if r.kind is GAP]
    assert told == sides.done
    assert set(watcher._flights.held) == set(sides.out)


def possible(told: list[Entry]) -> bool:
    out: set[int] = set()
    for kind, head in told:
        if (head in out) == (kind is AVAILABLE):
            return False
        out.symmetric_difference_update({head})
    return True


@QUICK
@given(SIZES, STEPS, st.sampled_from([(1,), (2,), (3,), (1, 2), (1, 2, 3)]), st.booleans())
def test_device_in_order_and_looks_at_any_moment(
    size: int, steps: list[tuple[str, int]], lengths: tuple[int, ...], ids: bool
) -> None:
    """A device that happens to return chains in order, without having promised it."""
    sides = Sides(ring(size), lengths, ids=ids)
    watcher, told, lossy = begun(sides), [], False
    for now, (name, which) in enumerate([*steps, *[("look", 0), ("return", 0)] * size, ("look", 0)]):
        if name == "look":
            records = sides.look(watcher, now)
            assert sides.lapped or not any(r.problems for r in records)
            lossy |= any(r.kind is GAP for r in records)
            told += entries(records)
        else:
            sides.act((name, which if name == "offer" else 0))
    if not lossy and not sides.lapped:
        assert of(USED, told) == of(USED, sides.done)
        assert sorted(of(AVAILABLE, told)) == sorted(of(AVAILABLE, sides.done))
        assert possible(told)


@QUICK
@given(SIZES, STEPS, st.sampled_from([(1,), (2,), (1, 2), (1, 2, 3)]))
def test_device_out_of_order_and_looks_at_any_moment(
    size: int, steps: list[tuple[str, int]], lengths: tuple[int, ...]
) -> None:
    sides = Sides(ring(size), lengths)
    watcher, told, lossy = begun(sides), [], False
    for now, step in enumerate([*steps, *[("look", 0), ("return", 0)] * size, ("look", 0)]):
        if step[0] == "look":
            records = sides.look(watcher, now)
            assert sides.lapped or not any(r.problems for r in records)
            lossy |= any(r.kind is GAP for r in records)
            told += entries(records)
        else:
            sides.act(step)
    if not lossy and not sides.lapped:
        assert of(USED, told) == of(USED, sides.done)
        assert possible(told)


@QUICK
@given(SIZES, STEPS, st.sampled_from([(1,), (2,), (1, 2), (1, 2, 3)]))
def test_batches_of_a_device_in_order_and_looks_at_any_moment(
    size: int, steps: list[tuple[str, int]], lengths: tuple[int, ...]
) -> None:
    """A chain that came and went between two looks as the first of a batch leaves no trace but its slots."""
    sides = Sides(ring(size, PACKED | int(Feature.IN_ORDER)), lengths, in_order=True)
    watcher, told, missed, ambiguous = begun(sides), [], 0, False
    for now, step in enumerate([*steps, *[("look", 0), ("return", 0)] * size, ("look", 0)]):
        if step[0] == "look":
            records = sides.look(watcher, now)
            assert sides.lapped or not any(r.problems for r in records)
            missed += sum(r.count for r in records if r.kind is GAP)
            ambiguous |= any(r.kind is GAP and r.flags & EventFlag.AMBIGUOUS for r in records)
            told += entries(records)
        else:
            sides.act(step)
    if not sides.lapped and not ambiguous:
        assert possible(told)
        assert len(told) + missed <= len(sides.done)
        assert set(told) <= set(sides.done)


@QUICK
@given(st.binary(min_size=16 * 9, max_size=16 * 9), st.lists(st.binary(min_size=16 * 9, max_size=16 * 9), max_size=4))
def test_arbitrary_bytes_end_and_never_raise(first: bytes, rest: list[bytes]) -> None:
    for features in (PACKED, PACKED | int(Feature.IN_ORDER | Feature.INDIRECT_DESC)):
        target = ring(9, features)
        target.guest.write(0, first)
        for complete in (True, False):
            watcher = Watcher(target.guest.memory, target.layout)
            records = watcher.start(0, complete)
            for now, table in enumerate([first, *rest]):
                target.guest.write(0, table)
                records += watcher.look(now * 10_000_000)
            assert all(record.pack() for record in [*records, *watcher.stop(9, True)])
        assert all(r.pack() for r in still_records(target.guest.memory, target.layout, 7))


@QUICK
@given(SIZES, STEPS)
def test_a_look_while_a_chain_is_written_finds_nothing_of_it(size: int, steps: list[tuple[str, int]]) -> None:
    sides = Sides(ring(size))
    watcher, told = begun(sides), []
    for now, step in enumerate(steps):
        slots = min(1 + step[1] % 3, size)
        if step[0] == "look" and sum(sides.out.values()) + slots <= size:
            chain = [(16 * size + 64, 8, WRITE)] * slots
            id = next(i for i in range(size) if i not in sides.out)
            sides.ring.prepare(chain, id)
            assert not entries(watcher.look(now))
            sides.ring.publish(chain)
            sides.out[id] = slots
            sides.done.append((AVAILABLE, id))
        else:
            sides.act(step)
        records = watcher.look(now)
        assert not any(r.problems for r in records)
        told += entries(records)
    assert told == sides.done


@QUICK
@given(SIZES, STEPS)
def test_snapshot_of_a_device_in_order_is_exact(size: int, steps: list[tuple[str, int]]) -> None:
    """Where chains are single descriptors and the last one returned did not come back at once under its old ID."""
    sides = Sides(ring(size), (1,))
    for step in steps:
        sides.act((step[0], step[1] if step[0] == "offer" else 0))
    records = still_records(sides.ring.guest.memory, sides.ring.layout, 7)
    out = [r.head for r in records if r.kind is AVAILABLE and not r.flags & EventFlag.STALE]
    doubtful = [r.head for r in records if r.kind is AVAILABLE and r.flags & EventFlag.STALE and r.descriptors]
    assert all(r.flags & EventFlag.PRESUMED for r in records if r.kind in (AVAILABLE, USED))
    assert set(out) <= set(sides.out) <= set(out) | set(doubtful)
    assert len(doubtful) <= 1
