"""Packed rings, case by case: laps, places, bytes, event suppression, and what is left of a chain that is gone."""

from struct import pack

import pytest

from tests.ring.test_packed import AVAILABLE, GAP, PACKED, USED, Sides, begun, entries, ring
from tests.stories.guest import INDIRECT, NEXT, WRITE
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.packed.watch import COMPARE_NS, Watcher


def test_a_lap_or_more_is_a_gap_of_unknown_length_and_then_it_goes_on() -> None:
    sides = Sides(ring(8), (1,))
    watcher = begun(sides)
    for _ in range(11):
        sides.offer(0)
        sides.give_back(0)
    (gap,) = [r for r in watcher.look(1) if r.kind is GAP]
    assert gap.flags & EventFlag.AMBIGUOUS and gap.count >= 2
    assert (watcher.missed, watcher.ambiguous) == (gap.count, 1)
    sides.done.clear()
    sides.offer(0)
    told = entries(watcher.look(2))
    sides.give_back(0)
    assert told + entries(watcher.look(3)) == sides.done


@pytest.mark.parametrize(("base", "device"), [(0x80008000, 0), (0x8000, 0), (0x8003 | 0x8002 << 16, 2), (0x8003, 3)])
def test_base_says_where_the_device_goes_on(base: int, device: int) -> None:
    sides = Sides(ring(8), (1,))
    for _ in range(5):
        sides.offer(0)
    watcher = Watcher(sides.ring.guest.memory, sides.ring.layout, base=base)
    told = entries(watcher.start(0, complete=False))
    assert told == [(AVAILABLE, id) for id in range(device, 5)]


def test_bytes_of_a_chain_and_of_its_indirect_table() -> None:
    target = ring(6, PACKED | int(Feature.INDIRECT_DESC))
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.guest.write(512, bytes(range(64)))
    target.guest.write(1024, pack("<QIHHQIHH", 512, 20, 0, NEXT, 532, 8, 0, WRITE))  # NEXT means nothing in a table
    target.offer([(1024, 32, INDIRECT)], 5)
    (made,) = watcher.look(1)
    assert (made.readable_bytes, made.writable_bytes) == (bytes(range(20)), bytes(range(20, 28)))
    assert made.flags & EventFlag.INDIRECT and (made.head, made.index, made.count) == (5, 0x8000, 1)
    target.guest.write(532, b"answered")
    target.give_back(5, 4)
    (back,) = watcher.look(2)
    assert (back.used_len, back.writable_bytes, back.index) == (4, b"answered", 0x8000)


@pytest.mark.parametrize("watched", [True, False])
def test_bytes_behind_the_used_length_are_the_device_s_where_it_had_them(watched: bool) -> None:
    """Once it has returned them anybody may have written them."""
    target = ring(6)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.offer([(512, 8, WRITE)], 5)
    watcher.look(COMPARE_NS)
    target.guest.write(512, b"answered")
    assert not (watched and watcher.look(2 * COMPARE_NS))
    target.give_back(5, 4)
    (back,) = watcher.look(3 * COMPARE_NS)
    assert bool(back.flags & EventFlag.TAIL_CHANGED) is watched


def test_event_suppression_travels_with_the_events() -> None:
    target = ring(6, PACKED | int(Feature.EVENT_IDX))
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.events(driver=(0x8002, 2), device=(0x8003, 2))
    target.offer([(512, 20, 0)], 5)
    (made,) = [r for r in watcher.look(1) if r.kind is AVAILABLE]
    target.give_back(5)
    (back,) = [r for r in watcher.look(2) if r.kind is USED]
    assert (made.event, back.event) == (0x8003, 0x8002)


def test_what_is_left_of_a_chain_that_came_and_went_between_two_looks() -> None:
    """A used descriptor lies over its first one; length and flags are those of earlier chains, and prove nothing."""
    target = ring(8)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    for number, text in enumerate((b"first", b"other")):
        target.guest.write(512, text)
        target.offer([(512, 5, 0)], number)
        made = watcher.look(2 * number + 1) if not number else []
        target.give_back(number)
        made += watcher.look(2 * number + 2)
        (offered,) = [r for r in made if r.kind is AVAILABLE]
        assert offered.readable_bytes == text
        assert bool(offered.flags & EventFlag.STALE) is bool(number)
