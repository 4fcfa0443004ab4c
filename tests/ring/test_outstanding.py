"""A ring whose past nobody saw: what is outstanding, exact until it wrapped, never more than the indices say."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ring.memory import ring
from tests.ring.test_watch import Sides
from tests.stories.guest import Guest
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.split.outstanding import outstanding_heads
from vdmabuf_inspect.ring.split.words import read_words
from vdmabuf_inspect.ring.still import still_records

QUICK = settings(max_examples=150, deadline=None, derandomize=True)
MOVES = st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=30)


def play(sides: Sides, moves: list[tuple[bool, int]]) -> None:
    for offers, which in moves:
        sides.offer() if offers else sides.give_back(which)


def outstanding(sides: Sides) -> list[int]:
    words = read_words(sides.ring.guest.memory, sides.ring.layout)
    assert words is not None
    return [head for _, head in outstanding_heads(sides.ring.guest.memory, sides.ring.layout, words)]


@QUICK
@given(MOVES)
def test_exact_until_the_ring_wrapped(moves: list[tuple[bool, int]]) -> None:
    sides = Sides(ring(32))
    play(sides, moves)
    assert outstanding(sides) == sides.held


@QUICK
@given(MOVES, st.sampled_from([2, 8]))
def test_in_order_device_is_exact_for_ever(moves: list[tuple[bool, int]], size: int) -> None:
    sides = Sides(ring(size))
    play(sides, [(offers, 0) for offers, _ in moves])
    assert sorted(outstanding(sides)) == sorted(sides.held)


@QUICK
@given(MOVES)
def test_never_more_than_the_indices_say(moves: list[tuple[bool, int]]) -> None:
    """On a ring that wrapped, the entry of a chain that is out for long may be gone."""
    sides = Sides(ring(4))
    play(sides, moves)
    assert len(outstanding(sides)) == len(set(outstanding(sides))) <= len(sides.held)
    assert bool(outstanding(sides)) is bool(sides.held)


@QUICK
@given(st.binary(min_size=900, max_size=900), st.sampled_from([0, 1, 2, 3, 8, 32768, 65536]))
def test_still_records_of_any_bytes(ram: bytes, size: int) -> None:
    layout = QueueLayout(0, 0, "any", size, 0, 128, 256)
    records = still_records(Guest(bytearray(ram)).memory, layout, 7)
    assert records[0].kind is EventKind.START
    for record in records:
        if record.kind in (EventKind.AVAILABLE, EventKind.USED):
            assert record.flags & EventFlag.PRESUMED
        assert record.pack()


def test_still_ring_tells_what_is_outstanding_and_what_is_past() -> None:
    sides = Sides(ring(8, room=64))
    play(sides, [(True, 0)] * 4 + [(False, 0)] * 2)
    records = still_records(sides.ring.guest.memory, sides.ring.layout, 7)
    told = [(r.kind, r.head, bool(r.flags & EventFlag.STALE)) for r in records[1:]]
    available, used = EventKind.AVAILABLE, EventKind.USED
    past = [(available, 0, True), (available, 1, True), (used, 0, True), (used, 1, True)]
    assert sorted(told[:4]) == sorted(past)
    assert told[4:] == [(available, 2, False), (available, 3, False)]


HEADS = st.lists(st.integers(0, 3), max_size=8)


@QUICK
@given(HEADS, HEADS, st.sets(st.integers(0, 3)))
def test_merge_takes_each_entry_once(available: list[int], used: list[int], held: set[int]) -> None:
    order = merge([(i, h) for i, h in enumerate(available)], [(i, h, 0) for i, h in enumerate(used)], held)
    assert (order.count(0), order.count(1)) == (len(available), len(used))


@QUICK
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=20), st.sets(st.integers(0, 3)))
def test_merge_finds_an_order_where_there_is_one(moves: list[tuple[bool, int]], held: set[int]) -> None:
    out, available, used = set(held), [], []
    for offers, head in moves:  # a history that is possible
        if offers and head not in out:
            available.append(head)
            out.add(head)
        elif not offers and head in out:
            used.append(head)
            out.discard(head)
    order = merge([(i, h) for i, h in enumerate(available)], [(i, h, 0) for i, h in enumerate(used)], set(held))
    a, u, now = iter(available), iter(used), set(held)
    for turn in order:
        head = next(a) if turn == 0 else next(u)
        assert (head in now) == (turn == 1)
        now.symmetric_difference_update({head})
