"""Every key of the workbench does what the help says, on a real recording."""

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandPalette

from tests.tui import arranging_scenes, finding_scenes, moving_scenes, page_scenes, taking_scenes
from tests.tui.scene import SCENES, scene
from tests.tui.screen import Driven, Typed, opened
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.screens.help import Help, groups, key_lines
from vdmabuf_inspect.tui.widgets.hex_view import HexView

assert arranging_scenes and finding_scenes and moving_scenes and page_scenes and taking_scenes  # they register theirs


@scene("step.next", "step.previous")
async def stepping(it: Driven) -> None:
    assert it.seq == 35
    await it.press("comma", "comma")
    assert it.seq == 33
    assert not it.board.cursor.following
    assert "#33 EXPORT" in it.text
    await it.press("comma")
    assert "#32 used on vdmabuf0/send" in it.text
    assert it.table("messages").seq == 31, "the last message at or before the event"
    await it.press("full_stop", "full_stop", "full_stop", "full_stop")
    assert it.seq == 35
    assert it.board.cursor.following


@scene("stage.messages", "stage.ladder", "stage.lanes", "stage.ring")
async def stages(it: Driven) -> None:
    await it.press("2")
    assert it.focused == "ladder"
    await it.press("3")
    assert it.focused == "lanes"
    await it.press("4")
    assert it.focused == "ring"
    await it.press("1")
    assert it.focused == "messages"


@scene("finding.next", "finding.previous")
async def findings(it: Driven) -> None:
    await it.press("left_curly_bracket")
    assert it.seq == 33
    await it.press("left_curly_bracket", "left_curly_bracket", "left_curly_bracket")
    assert it.seq == 28
    assert "✖ VL503" in it.text
    await it.press("right_curly_bracket")
    assert it.seq == 29
    await it.press("g", "left_curly_bracket")
    assert it.seq == 33 and "from the end again" in it.text
    await it.press("right_curly_bracket")
    assert it.seq < 33 and "from the start again" in it.text


@scene("buffer.next", "buffer.previous")
async def one_buffer(it: Driven) -> None:
    await it.press("colon", Typed("7:2"), "enter")
    assert it.seq == 16, "its export"
    assert it.table("buffers").cursor == 1
    seen = [it.seq]
    for _ in range(3):
        await it.press("right_square_bracket")
        seen.append(it.seq)
    assert seen == [16, 17, 27, 28]
    await it.press("right_square_bracket")
    assert it.seq == 28
    assert "the buffer's last event" in it.text
    await it.press("left_square_bracket")
    assert it.seq == 27


@scene("control")
async def no_control_plane(it: Driven) -> None:
    await it.press("v")
    assert "no vhost-user messages in this recording" in it.text


@scene("follow")
async def following(it: Driven) -> None:
    await it.press("g")
    assert not it.board.cursor.following
    await it.press("F")
    assert (it.seq, it.board.cursor.following) == (35, True)
    assert it.table("messages").cursor == 13


@scene("pause")
async def pausing(it: Driven) -> None:
    await it.press("p")
    assert "paused, +0 behind" in it.text
    await it.press("p")
    assert "paused" not in it.text


@scene("pane.next", "pane.previous", "back")
async def panes(it: Driven) -> None:
    order = []
    for _ in range(6):
        order.append(it.focused)
        await it.press("tab")
    assert order == ["messages", "fields", "hex", "buffers", "findings", "queues"]
    assert it.focused == "messages"
    await it.press("shift+tab")
    assert it.focused == "queues"
    await it.press("escape")
    assert it.focused == "messages"


@scene("filter", "filter.toggle")
async def filtering(it: Driven) -> None:
    await it.press("slash", Typed("cmd == EXPORT"), "enter")
    assert it.table("messages").count == 9
    assert "messages 9 of 14 · cmd == EXPORT" in it.text
    assert it.focused == "messages"
    await it.press("exclamation_mark")
    assert it.table("messages").count == 14
    assert "filter off: cmd == EXPORT" in it.text
    await it.press("exclamation_mark")
    assert it.table("messages").count == 9
    await it.press("slash", *["backspace"] * 13, "enter")
    assert it.table("messages").count == 14
    assert it.board.selection is None


@scene("goto")
async def going(it: Driven) -> None:
    await it.press("colon", Typed("28"), "enter")
    assert it.seq == 28
    await it.press("colon", Typed("99999"), "enter")
    assert "events are 1 to 35" in it.text
    await it.press("escape", "colon", Typed("7:99"), "enter")
    assert "no event, time, buffer or address is called '7:99'" in it.text
    await it.press("escape")
    assert (it.seq, it.focused) == (28, "messages")


@scene("zoom")
async def maximising(it: Driven) -> None:
    await it.press("tab", "backslash")
    assert it.screen.maximized is it.widget("fields")
    lines = it.text.splitlines()
    assert "event 35 of 35" in lines[0] and "? Keys" in lines[-1], "what is looked at, and how to leave it"
    await it.press("slash")
    assert "filter ▸" in it.text
    await it.press("escape")
    assert it.screen.maximized is it.widget("fields") and it.focused == "fields"
    await it.press("backslash")
    assert it.screen.maximized is None
    await it.press("backslash", "escape")
    assert it.screen.maximized is None
    await it.press("backslash", "tab")
    assert it.screen.maximized is None
    assert it.focused == "hex"


@scene("hex")
async def bytes_or_not(it: Driven) -> None:
    await it.press("tab", "tab")
    width = it.widget("fields").size.width
    await it.press("x")
    assert it.focused == "fields"
    assert it.widget("fields").size.width > width
    await it.press("tab")
    assert it.focused == "buffers", "what is not there is not gone to"
    await it.press("x")
    assert it.widget("hex").display


@scene("time")
async def times(it: Driven) -> None:
    assert "0.024000" in it.text
    await it.press("t")
    assert "+2.000 ms" in it.text
    await it.press("t")
    assert "22:13:20.024000" in it.text
    await it.press("t")
    assert "0.024000" in it.text


@scene("live")
async def live_buffers(it: Driven) -> None:
    assert it.table("buffers").count == 9
    await it.press("a")
    assert it.table("buffers").count == 7
    assert "7 live of 9 · released ones left out" in it.text
    await it.press("a")
    assert it.table("buffers").count == 9


@scene("help")
async def helping(it: Driven) -> None:
    await it.press("question_mark")
    assert isinstance(it.app.screen, Help)
    for _, bindings in groups():
        for keys, what in key_lines(bindings)[:4]:
            assert keys
            assert what
    assert "What is shown" in it.text and "Through time" in it.text
    assert "the buffer's next event" in it.text
    await it.press("escape")
    assert not isinstance(it.app.screen, Help)


@scene("palette")
async def palette(it: Driven) -> None:
    await it.press("ctrl+p")
    assert isinstance(it.app.screen, CommandPalette)


@scene("quit")
async def quitting(it: Driven) -> None:
    await it.pilot.press("q")
    await it.until(lambda: not it.app.is_running or it.app.return_value == 0)
    assert it.app.return_value == 0


def test_every_key_is_tried() -> None:
    assert set(SCENES) == {key.id for key in KEYS if isinstance(key, Binding)}


@pytest.mark.parametrize("name", dict.fromkeys(told.__name__ for told in SCENES.values()))
async def test_key(name: str, story: Path) -> None:
    told = next(each for each in SCENES.values() if each.__name__ == name)
    async with opened(story) as it:
        await told(it)


def test_no_key_has_two_meanings() -> None:
    meanings: dict[str, set[str]] = {}
    for title, bindings in groups():
        if title == "While typing":
            continue
        for binding in bindings:
            assert isinstance(binding, Binding)
            for key in binding.key.split(","):
                meanings.setdefault(key, set()).add(str(binding.id))
    sideways = {"h", "l", "left", "right"}  # earlier and later in the lanes
    assert {key: ids for key, ids in meanings.items() if len(ids) > 1 and key not in sideways} == {}


async def test_fields_light_bytes_and_bytes_choose_fields(story: Path) -> None:
    async with opened(story) as it:
        await it.press("enter")
        assert it.focused == "fields"
        bytes_shown = it.widget("hex")
        assert isinstance(bytes_shown, HexView)
        assert bytes_shown.lit == (0, 4)
        assert "[02 00 00 00]" in it.text
        await it.press("j")
        assert bytes_shown.lit == (4, 16), "the heading lights its group"
        await it.press("j", "j", "j")
        assert bytes_shown.lit == (12, 8)
        await it.press("enter")
        assert it.focused == "hex"
        await it.press("g", "down")
        assert bytes_shown.at == 16
        assert bytes_shown.lit == (12, 8)
        await it.press("l", "l", "l", "l")
        assert bytes_shown.lit == (20, 4)
        fields = it.table("fields")
        assert fields.rows.row(fields.cursor)["path"] == "pages"
        await it.press("escape", "k")
        assert fields.rows.row(fields.cursor)["path"] == "pages", "the field stays from message to message"


async def test_a_click_on_a_byte_chooses_its_field(story: Path) -> None:
    async with opened(story) as it:
        await it.pilot.click("#hex", offset=(1 + 5 + 1 + 3 * 12, 2))
        await it.settled()
        fields = it.table("fields")
        assert fields.rows.row(fields.cursor)["path"] == "last_length"


async def test_choosing_a_finding_goes_to_its_event(story: Path) -> None:
    async with opened(story) as it:
        await it.press("tab", "tab", "tab", "tab", "g")
        assert it.focused == "findings"
        assert it.seq == it.table("findings").seq == 18
        assert it.table("messages").seq == 18
        await it.press("enter")
        assert it.focused == "messages"


async def test_state_is_that_of_the_cursor(story: Path) -> None:
    async with opened(story) as it:
        assert "7:1          ○ released" in it.text or "7:2          ○ released" in it.text
        await it.press("colon", Typed("20"), "enter")
        assert "buffers 4 live of 4" in it.text
        assert "◌ exporting" in it.text
        assert "○ released" not in it.text
        await it.press("full_stop")
        assert "◌ exporting" not in it.text
