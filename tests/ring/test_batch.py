"""Split rings of a device that promised to keep the order: one used entry may stand for a batch (2.7.9)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ring.memory import VERSION_1, ring
from tests.ring.test_watch import AVAILABLE, USED, Sides, entries, of
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.split.watch import Watcher

ORDERED = VERSION_1 | int(Feature.IN_ORDER)
QUICK = settings(max_examples=150, deadline=None, derandomize=True)


def batch(sides: Sides, count: int) -> None:
    """One entry with the last head; the index goes on by the whole batch."""
    heads, sides.held = sides.held[:count], sides.held[count:]
    if heads:
        begin = sides.ring.used_idx
        sides.ring.give_back(heads[-1], 8)
        sides.ring.set_used(begin + len(heads))
        sides.done += [(USED, begin + i & 0xFFFF, head) for i, head in enumerate(heads)]
        sides.free += heads


@QUICK
@given(st.lists(st.tuples(st.sampled_from(["offer", "offer", "batch", "look"]), st.integers(1, 4)), max_size=80))
def test_every_chain_of_a_batch_comes_back_in_order(steps: list[tuple[str, int]]) -> None:
    sides = Sides(ring(8, ORDERED))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    told, missed = [], 0
    for now, (name, count) in enumerate([*steps, ("look", 0)]):
        if name == "offer":
            sides.offer()
        elif name == "batch":
            batch(sides, count)
        else:
            told += entries(watcher.look(now))
            missed = watcher.missed
    if not missed:
        assert of(AVAILABLE, told) == of(AVAILABLE, sides.done)
        assert of(USED, told) == of(USED, sides.done)


@pytest.mark.parametrize("looks", [True, False])
def test_entries_written_one_by_one_are_no_batch(looks: bool) -> None:
    """A device that breaks its promise is told as it was."""
    sides = Sides(ring(8, ORDERED))
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout)
    watcher.start(0, complete=True)
    for _ in range(3):
        sides.offer()
    watcher.look(1)
    told = []
    for which in (1, 0, 0):
        sides.give_back(which)
        told += entries(watcher.look(2)) if looks else []
    told += entries(watcher.look(3))
    assert [head for _, _, head in told] == [1, 0, 2]
