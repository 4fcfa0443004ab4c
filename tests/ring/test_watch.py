"""Two looks become events: what both sides did between them is told, and what is not told is counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import pack_into

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ring.memory import VERSION_1, restless, ring
from tests.stories.guest import WRITE, Ring
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import START, Record
from vdmabuf_inspect.ring.watch import Watcher

AVAILABLE, USED, GAP, LOOK = EventKind.AVAILABLE, EventKind.USED, EventKind.GAP, EventKind.LOOK
STEPS = st.lists(st.sampled_from(["offer", "offer", "return", "return", "look"]), max_size=80)
Entry = tuple[EventKind, int, int]


@dataclass
class Sides:
    """A conforming driver and device on one ring, and all that they did."""

    ring: Ring
    free: list[int] = field(init=False)
    held: list[int] = field(default_factory=list)
    done: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = self.ring.layout.size
        self.free = list(range(size))
        for head in range(size):
            self.ring.describe(head, 0, 8, WRITE)

    def offer(self) -> None:
        if self.free:
            head = self.free.pop(0)
            self.done.append((AVAILABLE, self.ring.avail_idx, head))
            self.ring.offer(head)
            self.held.append(head)

    def give_back(self, which: int) -> None:
        if self.held:
            head = self.held.pop(which % len(self.held))
            self.done.append((USED, self.ring.used_idx, head))
            self.ring.give_back(head, 8)
            self.free.append(head)


def entries(records: Iterable[Record]) -> list[Entry]:
    return [(r.kind, r.index, r.head) for r in records if r.kind in (AVAILABLE, USED)]


def of(kind: EventKind, events: list[Entry]) -> list[Entry]:
    return [e for e in events if e[0] is kind]


def possible(events: list[Entry], outstanding: set[int]) -> bool:
    """No head is offered while it is out, none returned while it is not."""
    for kind, _, head in events:
        if (head in outstanding) == (kind is AVAILABLE):
            return False
        outstanding.symmetric_difference_update({head})
    return True


@pytest.mark.parametrize(("size", "begin"), [(1, 0), (1, 65534), (2, 65531), (8, 0), (8, 65520), (32768, 65500)])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(steps=STEPS, which=st.integers(0, 7))
def test_what_is_seen_and_what_is_missed_is_what_happened(size: int, begin: int, steps: list[str], which: int) -> None:
    sides = Sides(ring(size, room=0))
    sides.ring.set_avail(begin)
    sides.ring.set_used(begin)
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    (start,) = watcher.start(0, complete=False)
    assert start.kind is EventKind.START
    told_so_far = 0
    for number, step in enumerate([*steps, "look"]):
        if step == "offer":
            sides.offer()
        elif step == "return":
            sides.give_back(which)
        else:
            told_so_far = check_look(watcher, sides, number, told_so_far)


def check_look(watcher: Watcher, sides: Sides, now: int, told_so_far: int) -> int:
    """Look, and compare with what was done since the last look."""
    missed_before = watcher.missed
    records = watcher.look(now)
    fresh, told = sides.done[told_so_far:], entries(records)
    size = sides.ring.layout.size
    for kind in (AVAILABLE, USED):
        expected = of(kind, fresh)
        assert of(kind, told) == expected[max(0, len(expected) - size) :]
    missed = sum(r.count for r in records if r.kind is GAP)
    assert missed == watcher.missed - missed_before == len(fresh) - len(told)
    if not missed:
        before = sides.done[:told_so_far]
        out = {h for _, _, h in of(AVAILABLE, before)}
        out = {h for h in out if sum(e[2] == h for e in before) % 2}
        assert possible(told, out)
    assert not any(r.problems for r in records)
    return len(sides.done)


@pytest.mark.parametrize("size", [1, 2, 8, 32768])
def test_both_indices_are_driven_round_their_16_bits(size: int) -> None:
    sides = Sides(ring(size, room=0))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    sides.ring.set_avail(65536 - 12)
    sides.ring.set_used(65536 - 12)
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=False)
    told: list[Entry] = []
    for turn in range(24):
        sides.offer()
        told += entries(watcher.look(turn))
        sides.give_back(0)
        told += entries(watcher.look(turn))
    assert told == sides.done
    assert {e[1] for e in told} == {i & 0xFFFF for i in range(65536 - 12, 65536 + 12)}
    assert not watcher.missed


@pytest.mark.parametrize("size", [1, 2, 8])
def test_ring_driven_past_65536_entries(size: int) -> None:
    sides = Sides(ring(size, room=0))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    seen = 0
    for turn in range(65536 // (4095 * size) + 2):
        for _ in range(4095 * size):
            sides.offer()
            sides.give_back(0)
        records = watcher.look(turn)
        seen += len(entries(records))
    assert seen + watcher.missed == len(sides.done) > 131072
    assert watcher.missed


def test_head_reused_within_one_look_proves_nothing_but_its_last_use() -> None:
    sides = Sides(ring(4, room=64))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    sides.free = [2]
    for _ in range(3):
        sides.offer()
        sides.give_back(0)
    records = watcher.look(1)
    assert entries(records) == sides.done
    assert [bool(r.flags & EventFlag.STALE) for r in records] == [True, True, True, True, False, False]


def test_driver_that_offers_again_while_it_is_looked_at() -> None:
    """The bytes of a returned chain are read after its head was offered again: they prove nothing."""
    sides = Sides(ring(4, room=64))
    sides.offer()

    def meddle(read: int) -> None:
        reads.append(read)
        if read == meddle_at[0]:
            sides.ring.guest.ram[0:16] = b"\xaa" * 16
            sides.offer()

    meddle_at = [-1]
    reads: list[int] = []
    watcher = Watcher(restless(sides.ring.guest.ram, meddle), sides.ring.layout)
    watcher.start(0, complete=True)
    watcher.look(1)
    sides.free = []
    sides.give_back(0)
    meddle_at[0] = reads[-1] + 6
    (used,) = [r for r in watcher.look(2) if r.kind is USED]
    assert used.flags & EventFlag.STALE
    assert watcher.torn == 1


@pytest.mark.parametrize(
    ("avail", "used", "problem"),
    [
        (3, 8, Problem.USED_PASSED_AVAILABLE),
        (20, 3, Problem.AVAILABLE_JUMPED),
        (1, 3, Problem.AVAILABLE_WENT_BACK),
        (3, 1, Problem.USED_WENT_BACK),
        (65535, 65535, Problem.AVAILABLE_WENT_BACK | Problem.USED_WENT_BACK),
    ],
)
def test_index_that_broke_a_rule(avail: int, used: int, problem: Problem) -> None:
    sides = Sides(ring(8))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    for _ in range(3):
        sides.offer()
        sides.give_back(0)
    watcher.look(1)
    sides.ring.set_avail(avail)
    sides.ring.set_used(used)
    look, gap = watcher.look(2)
    assert (look.kind, look.problems, gap.kind, gap.count) == (LOOK, problem, GAP, 0)
    assert watcher.look(3) == []


def test_event_fields_are_told_where_they_are_negotiated() -> None:
    for features, expected in ((VERSION_1, 0), (VERSION_1 | int(Feature.EVENT_IDX), 0x1234)):
        sides = Sides(ring(8, features))
        layout = sides.ring.layout
        pack_into("<H", sides.ring.guest.ram, layout.avail + 4 + 2 * 8, 0x1234)
        pack_into("<H", sides.ring.guest.ram, layout.used + 4 + 8 * 8, 0x1234)
        watcher = Watcher(sides.ring.guest.memory, layout)
        watcher.start(0, complete=True)
        sides.offer()
        (made,) = watcher.look(1)
        sides.give_back(0)
        (back,) = watcher.look(2)
        assert (made.event, back.event) == (expected, expected)


def test_start_says_where_the_queue_lies() -> None:
    target = ring(8)
    (start,) = Watcher(target.guest.memory, target.layout).start(5, complete=True)
    assert len(start.readable_bytes) == START.itemsize + 16
    assert start.flags == EventFlag.COMPLETE
    assert start.time_ns == 5


def test_ring_outside_memory_is_told_and_left_alone() -> None:
    target = ring(8, room=0)
    del target.guest.ram[target.layout.used :]
    watcher = Watcher(target.guest.memory, target.layout)
    (start,) = watcher.start(0, complete=True)
    assert start.problems & Problem.RING_OUTSIDE_MEMORY
    assert watcher.look(1) == []
    assert [r.kind for r in watcher.stop(2, closed=True)] == [EventKind.STOP]
