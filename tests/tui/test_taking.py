"""What runs beside the screen can be ended; history, mouse and the editor work on a real terminal."""

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from tests.tui.screen import Typed, opened
from tests.tui.test_run import on_a_terminal
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.tui.clipboard import into_tmux
from vdmabuf_inspect.tui.errand import EndedError, Errand
from vdmabuf_inspect.tui.saving import save
from vdmabuf_inspect.tui.screens import replaying
from vdmabuf_inspect.tui.screens.difference import DifferenceScreen
from vdmabuf_inspect.tui.screens.menu import Menu
from vdmabuf_inspect.views import search as searching
from vdmabuf_inspect.views.spelling import Spelling

WITH_PLUGIN = """
import sys
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.app import run
door = Door([sys.argv[1]], user=False)
door.plugins[:] = [each for each in door.plugins if each.candidate.path]
door.open()
sys.exit(run(Inspection(sys.argv[2]), door))
"""


async def test_esc_ends_a_search_and_says_how_far_it_is(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_STRETCH", 1)
    near = Spelling.near
    monkeypatch.setattr(Spelling, "near", lambda *args: (time.sleep(0.2), near(*args))[1])
    async with opened(story) as it:
        await it.press("g", "s", Typed("nowhere to be found"), "enter")
        await it.until(lambda: it.board.errand is not None and it.board.errand.done > 0)
        await it.until(lambda: "esc ends" in it.text.splitlines()[0] and "━" in it.text.splitlines()[0])
        seq = it.seq
        await it.press("escape")
        await it.until(lambda: it.board.errand is None, 5)
        assert (it.seq, it.focused) == (seq, "messages")
        assert "not after this event" not in it.text


async def test_a_long_comparison_runs_beside_the_screen(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_AT_ONCE", 0)
    async with opened(story) as it:
        await it.press("D")
        await it.until(lambda: isinstance(it.app.screen, DifferenceScreen))
        assert "what changed from A (after event 0) to B (after event 35)" in it.text


async def test_a_mistake_in_an_errand_is_one_line_and_the_screen_goes_on(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spelling, "near", lambda *args: 1 // 0)
    async with opened(story) as it:
        await it.press("g", "s", Typed("x"), "enter")
        await it.until(lambda: it.board.errand is None)
        await it.until(lambda: any("ZeroDivisionError" in told.message for told in it.app._notifications))
        await it.press("j")
        assert it.app.is_running


def test_an_export_that_is_ended_leaves_nothing(story: Path, tmp_path: Path) -> None:
    errand = Errand("writing")
    errand.end()
    with pytest.raises(EndedError):
        save(inspect(str(story)), tmp_path / "half.pcapng", errand=errand)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InspectError, match="choose another place"):
        save(inspect(str(story)), tmp_path / "no" / "such.pcapng")


async def test_filters_of_earlier_runs_come_back(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("cmd == EXPORT"), "enter")
    async with opened(story) as it:
        await it.press("slash", "up", "enter")
        assert it.table("messages").count == 9


async def test_a_menu_can_be_clicked_on(story: Path) -> None:
    async with opened(story) as it:
        await it.press("colon", Typed("28"), "enter", "f")
        assert isinstance(it.app.screen, Menu)
        await it.pilot.click("#menu", offset=(4, 3), times=2)
        await it.settled()
        assert not isinstance(it.app.screen, Menu)
        assert it.board.selection is not None and it.board.selection.text.startswith("cmd == ")


def test_the_editor_gets_the_terminal_and_the_plugin(story: Path, state: Path, tmp_path: Path) -> None:
    plugin, editor = tmp_path / "mine.py", tmp_path / "editor"
    plugin.write_text("from vdmabuf_inspect import api\n")
    editor.write_text('#!/bin/sh\necho "editing $1"\necho "# edited" >> "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    environment = {"XDG_STATE_HOME": str(state.parent), "EDITOR": str(editor), "VISUAL": ""}
    line = (sys.executable, "-c", WITH_PLUGIN, str(plugin))
    then = ((b"mine.py", b"d"), (b"editing", b""), (b"vdmabuf0/send", b"q"))
    code, written = on_a_terminal(str(story), b"e", "▼ end".encode(), environment, line, then)
    assert code == 0
    assert f"editing {plugin}".encode() in written
    assert plugin.read_text().endswith("# edited\n")


async def test_a_copy_goes_into_tmux_by_its_own_client(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, copied = tmp_path / "tmux", tmp_path / "copied"
    client.write_text(f'#!/bin/sh\n[ "$*" = "load-buffer -w -" ] && exec cat > {copied}\n')
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "socket,1,0")
    async with opened(story) as it:
        await it.press("y", "b")
        await it.until(lambda: "copied into tmux's buffer" in it.text)
    assert copied.read_text() == it.app.clipboard != ""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert not into_tmux("x")


async def test_marks_that_could_not_be_saved_are_still_asked_about(story: Path, tmp_path: Path) -> None:
    async with opened(story) as it:
        await it.press("m", "enter", "W")
        it.widget("prompt").input.value = ""  # type: ignore[attr-defined]
        await it.press(Typed("/dev/full"), "enter")
        await it.until(lambda: it.board.errand is None)
        await it.press("q")
        assert it.app.is_running and it.app.return_value is None
        assert any(told.message.startswith("marks are in no file yet") for told in it.app._notifications)


async def test_a_part_does_not_take_the_place_of_what_is_read(story: Path) -> None:
    before = story.read_bytes()
    async with opened(story) as it:
        await it.press("slash", Typed("cmd == EXPORT"), "enter", "e", "enter")
        await it.press("ctrl+u", Typed(str(story)), "enter")
        assert "name another one" in " ".join(it.text.split())
        await it.press("escape")
    assert story.read_bytes() == before
