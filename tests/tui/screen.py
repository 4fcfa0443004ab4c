"""The application in a test: started on a recording, driven by keys, read as text."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.stories import Story
from tests.stories.read_back import write_capture
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.tui.app import InspectApp
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.widgets.row_table import RowTable

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x50": (200, 50)}


def text_of(app: App[int]) -> str:
    """What is on the screen, line by line, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def told(path: Path) -> Path:
    """A small recording with everything: requests, buffers in every state, findings of every severity."""
    story = Story("spec")
    story.ask()
    picture = bytes.fromhex("40010000 c8000000 00050000 58523234 0000000000000000".replace(" ", ""))
    for counter in range(1, 7):
        story.export(counter, private=picture)
    story.release(1)
    story.release(2)
    story.release(2)
    story.export(7, key=(0, 0))
    story.export(8, private=b"hello", private_size=300)
    story.export(9, back=False)
    story.stop()
    return write_capture(path, story.guest.records, story.guest.names)


class Typed(str):
    """Text typed into an input."""


class Driven:
    """The running application and the ways to look at it."""

    def __init__(self, app: InspectApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def board(self) -> Board:
        return self.app.board

    @property
    def screen(self) -> Workbench:
        assert isinstance(self.app.screen, Workbench)
        return self.app.screen

    @property
    def seq(self) -> int:
        return self.board.cursor.seq

    @property
    def text(self) -> str:
        return text_of(self.app)

    @property
    def focused(self) -> str | None:
        return self.app.focused.id if self.app.focused is not None else None

    def table(self, name: str) -> RowTable:
        return self.app.screen.query_one(f"#{name}", RowTable)

    def widget(self, name: str) -> Widget:
        return self.app.screen.query_one(f"#{name}")

    async def press(self, *keys: str) -> None:
        """Press keys; `Typed` text goes into the input that has the focus."""
        for key in keys:
            if isinstance(key, Typed):
                assert isinstance(self.app.focused, Input)
                self.app.focused.insert_text_at_cursor(key)
                await self.pilot.pause()
            else:
                await self.pilot.press(key)
        await self.settled()

    async def tap(self, *keys: str) -> None:
        """Press keys where the screen never rests, so that nobody may wait for it to."""
        for key in keys:
            self.app.simulate_key(key)
            await asyncio.sleep(0.05)

    async def settled(self) -> None:
        """Until the state panes, which may be drawn a little later, are drawn."""
        await self.pilot.pause()
        if isinstance(self.app.screen, Workbench):
            await self.until(lambda: not self.screen.owed)

    async def until(self, condition: Callable[[], bool], patience_s: float = 20.0) -> None:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            await asyncio.sleep(0.01)
            if condition():
                return
        raise AssertionError(f"it never came true; the screen is\n{self.text}")

    async def loaded(self) -> None:
        await self.until(lambda: self.board.pulse.finished)
        await self.settled()


@asynccontextmanager
async def opened(
    spec: str | Path, size: tuple[int, int] = (120, 40), options: SourceOptions | None = None
) -> AsyncIterator[Driven]:
    """The application on a source, read whole."""
    inspection = Inspection(str(spec), options)
    app = InspectApp(inspection)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            driven = Driven(app, pilot)
            await driven.loaded()
            yield driven
    finally:
        inspection.stop()


Scene = Callable[[Driven], Awaitable[None]]
