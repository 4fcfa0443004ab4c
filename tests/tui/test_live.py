"""A live session of the reference pair on the screen: followed, paused while it goes on, looked back at, ended."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.events import MouseScrollUp

from tests.tui.screen import Driven
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.tui.app import InspectApp

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[tuple[Driven, subprocess.Popen[bytes]]]:
    """The screen on a session that goes on until the driver is told to end."""
    front, back = folder / "front", folder / "back"
    inspection = Inspection(f"vhost-user:{front},{back}", SourceOptions(device="vdmabuf"))
    app = InspectApp(inspection)
    with subprocess.Popen([*PEER, "device", str(back), "--quiet"], stdout=subprocess.DEVNULL) as device:
        try:
            async with app.run_test(size=(120, 40), notifications=True) as pilot:
                it = Driven(app, pilot)
                await it.until(back.exists)
                driver = subprocess.Popen(
                    [*PEER, "driver", str(front), "--quiet", "--count", "0", "--rate", "100", "--duration", "60"],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                try:
                    yield it, driver
                finally:
                    driver.terminate()
                    driver.wait(10)
        finally:
            inspection.stop()
            inspection.stop()  # whoever made the inspection may stop it once more
            device.terminate()


async def test_follow_pause_and_look_back(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, driver):
        assert "no event yet" in it.text
        messages = it.table("messages")
        await it.until(lambda: messages.count > 20)
        assert "● live" in it.text
        assert "▼ following" in it.text

        count = messages.count
        await it.until(lambda: messages.count > count + 10)
        assert messages.cursor == messages.count - 1, "following: the cursor is on the last row"

        await it.tap("k")
        await it.until(lambda: not it.board.cursor.following)
        seq, count = it.seq, messages.count
        await it.until(lambda: messages.count > count + 10)
        assert (it.seq, messages.seq) == (seq, seq), "who looks at something is left alone"

        await it.tap("p")
        await it.until(lambda: it.board.cursor.paused)
        end, count = it.board.cursor.end, messages.count
        await it.until(lambda: it.board.cursor.behind > 20)
        assert (it.board.cursor.end, messages.count) == (end, count)
        assert "‖ paused, +" in it.text

        await it.tap("F")
        await it.until(lambda: it.board.cursor.following)
        assert it.seq > end

        it.board.set_filter("cmd == EXPORT")
        it.screen.changed()
        count = messages.count
        await it.until(lambda: messages.count > count + 5)
        assert len(messages.rows) < it.board.pulse.messages, "a filter goes on with what comes"

        driver.terminate()
        await it.until(lambda: "front end closed" in it.board.pulse.status)


async def test_looking_back_with_the_wheel_ends_following(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, _):
        messages = it.table("messages")
        await it.until(lambda: messages.count > 40)
        it.widget("messages").post_message(_wheel_up(it))
        await it.until(lambda: not it.board.cursor.following)
        await it.pilot.pause()
        top = messages.scroll_offset.y
        count = messages.count
        await it.until(lambda: messages.count > count + 10)
        assert messages.scroll_offset.y == top


def _wheel_up(it: Driven) -> MouseScrollUp:
    return MouseScrollUp(it.widget("messages"), 5, 5, 0, -1, 0, False, False, False)


async def test_what_is_new_is_shown_however_busy_the_screen_is(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, _):
        await it.until(lambda: it.table("messages").count > 20)
        it.screen._drawn = it.screen._drawn[0], it.screen._drawn[1] - 60.0  # as if keys had taken a minute's work
        end = it.board.cursor.end
        await it.until(lambda: it.board.cursor.end > end, 5)
        await it.tap("k")
        it.screen._drawn = it.screen._drawn[0] + 60, 0.0  # nothing is looked at any more
        seen = it.board.cursor.newest
        await it.until(lambda: it.board.session.seq > seen + 10)
        await it.tap("F")
        await it.until(lambda: it.seq > seen)


async def test_a_live_recording_does_not_go_without_a_word(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, _):
        await it.until(lambda: it.table("messages").count > 20)
        await it.tap("m")
        await it.until(lambda: it.screen.prompt.asking)
        await it.tap("enter")
        await it.until(lambda: bool(it.board.marks()) and not it.screen.prompt.asking)
        await it.tap("q")
        words = "marks and the recording are in no file yet"
        await it.until(lambda: any(told.message.startswith(words) for told in it.app._notifications))
        assert it.app.return_value is None
        await it.tap("q")
        await it.until(lambda: it.app.return_value == 0)
