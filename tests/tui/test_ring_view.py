"""A ring slot by slot: which ring, which moment, where its cursor goes, how its cells share the room."""

from pathlib import Path

import numpy as np
import pytest

from tests.stories.packed import PackedStory
from tests.stories.read_back import write_capture
from tests.tui.screen import SIZES, Typed, opened
from tests.tui.test_live import watching
from vdmabuf_inspect.tui.ring_grid import GLYPHS, grid, slot_at
from vdmabuf_inspect.tui.widgets.ring_view import HEADER, RingView
from vdmabuf_inspect.views.ring_part import Part, SlotState


def empty(size: int) -> Part:
    nothing = np.full(size, -1, np.int64)
    return Part("ring", np.full(size, SlotState.FREE, np.uint8), nothing, nothing, nothing, {})


@pytest.mark.parametrize("size", [1, 3, 8, 16, 60, 64, 256, 1024, 32768])
@pytest.mark.parametrize("room", [(5, 3), (39, 8), (118, 14), (198, 30)])
def test_every_slot_has_one_cell(size: int, room: tuple[int, int]) -> None:
    form = grid([empty(size)], *room)
    shown = [slot for line in form.lines for slot in range(line.first, line.first + line.length)]
    assert shown == list(range(size))
    for slot in {0, size // 2, size - 1}:
        y = form.line_of(0, slot)
        x = form.gutter + (slot - form.lines[y].first) * form.cell
        assert slot_at(form, y, x) == (0, slot)
    assert slot_at(form, 0, form.gutter) is None, "a heading"


async def test_the_ring_of_the_event_as_of_the_cursor(story: Path) -> None:
    async with opened(story) as it:
        await it.press("4")
        view = it.screen.query_one(RingView)
        assert "ring of vdmabuf0/send · split, 16 slots: 1 available, 0 in flight, 9 used" in it.text
        assert view.seq == 33
        await it.press("comma", "comma", "comma")
        assert "0 available, 0 in flight, 9 used" in it.text
        await it.press("colon", Typed("14"), "enter")
        assert "available ring, slot 1: available · index 1 · head 1 · offered #14, just now · EXPORT 7:1" in it.text
        await it.press("left_parenthesis")
        assert "ring of vdmabuf0/recv" in it.text


async def test_a_chosen_slot_stays_while_the_end_moves(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, _):
        await it.until(lambda: it.board.pulse.messages > 20)
        await it.tap("4", "g", "l", "l")
        view = it.screen.query_one(RingView)
        await it.until(lambda: view.slot == 2)
        seq, place = it.seq, (view.part, 2)
        await it.until(lambda: it.seq > seq + 30)
        assert it.board.cursor.following and (view.part, view.slot) == place
        await it.tap("tab")
        await it.until(lambda: (view.part, view.slot) != place)


async def test_a_slot_is_chosen_and_opened(story: Path) -> None:
    async with opened(story) as it:
        await it.press("4", "g", "l", "enter")
        view = it.screen.query_one(RingView)
        assert (view.part, view.slot, it.seq) == (0, 1, 14)
        await it.press("j")
        assert (view.part, view.slot) == (1, 1)
        await it.press("G", "l")
        assert (view.part, view.slot) == (2, 0), "from one array into the next"
        await it.press("h", "k", "k")
        assert (view.part, view.slot) == (0, 15)
        assert "free" in it.text


async def test_a_click_chooses_a_slot(story: Path) -> None:
    async with opened(story) as it:
        await it.press("4")
        view = it.screen.query_one(RingView)
        width, height = view.scrollable_content_region.size
        form = grid(view.ring.parts, width, height - HEADER)
        await it.pilot.click(view, offset=(form.gutter + 3 * form.cell, HEADER + 2))
        await it.settled()
        assert (view.part, view.slot) == (0, 3)


@pytest.mark.parametrize("size", SIZES)
async def test_packed_rings(size: str, tmp_path: Path) -> None:
    story = PackedStory(6)
    story.offer(1, 2)
    story.offer(2)
    story.give_back(2)
    path = write_capture(tmp_path / "packed.pcapng", story.guest.records, story.guest.names)
    async with opened(path, SIZES[size]) as it:
        await it.press("4")
        assert "packed, 6 slots: 0 available, 1 in flight, 2 used" in it.text
        assert GLYPHS[SlotState.FLYING] in it.text
        assert "ring, slot 0: used · wrap 1 · buffer ID 2 · returned #4" in it.text
