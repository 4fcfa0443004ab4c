"""What stands in the middle: the list, the ladder, the lanes; the timeline above; one cursor for all of them."""

from pathlib import Path

import pytest

from tests.tui.screen import opened, told
from vdmabuf_inspect.tui.widgets.lanes import CURSOR
from vdmabuf_inspect.tui.widgets.timeline import Timeline


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return told(tmp_path / "story.pcapng")


async def test_ladder_has_the_same_cursor(capture: Path) -> None:
    async with opened(capture) as it:
        await it.press("g", "j", "j")
        seq = it.seq
        await it.press("2")
        assert it.focused == "ladder"
        assert "├─── EXPORT 7:2 ─" in it.text or "EXPORT 7:1" in it.text
        assert it.table("ladder").seq == seq
        await it.press("j")
        assert it.seq > seq
        await it.press("1")
        assert it.focused == "messages"
        await it.press("G")
        await it.press("2")
        assert it.table("ladder").cursor == it.table("ladder").count - 1


async def test_lanes_show_the_past_only_and_choose_a_buffer(capture: Path) -> None:
    async with opened(capture) as it:
        await it.press("g", "3")
        assert it.focused == "lanes"
        few = it.table("lanes").count
        await it.press("1", "G", "3")
        assert it.table("lanes").count > few
        assert it.text.count(CURSOR) >= it.table("lanes").count - 1
        await it.press("g")
        assert it.board.buffer == 0
        await it.press("j")
        assert it.board.buffer == 1


async def test_lanes_closer_and_farther(capture: Path) -> None:
    async with opened(capture) as it:
        await it.press("3")
        lanes = it.table("lanes")
        whole = lanes.border_title
        assert "z closer" in it.text and lanes.width_of("lane") >= 36
        await it.press("z", "z")
        assert lanes.border_title != whole
        await it.press("h")
        await it.press("Z", "Z", "Z")
        assert lanes.border_title == whole


async def test_the_timeline_can_be_clicked_on(capture: Path) -> None:
    async with opened(capture) as it:
        line = it.screen.query_one(Timeline)
        assert "▼" in it.text.splitlines()[1]
        await it.pilot.click(line, offset=(2, 0))
        await it.settled()
        early = it.seq
        await it.pilot.click(line, offset=(line.size.width - 1, 0))
        await it.settled()
        assert early < it.seq <= it.board.session.seq
