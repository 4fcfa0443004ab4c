"""The application: it starts an inspection once the first screen is painted, and stops it at the end."""

import sys
from pathlib import Path

from textual.app import App
from textual.screen import Screen

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.theme import INK, THEME

UNREADABLE = 2
"""Exit code when the source cannot be read."""


class InspectApp(App[int]):
    """One inspection on the screen."""

    CSS_PATH = Path(__file__).parent / "style.tcss"
    TITLE = "vdmabuf-inspect"

    def __init__(self, inspection: Inspection) -> None:
        super().__init__()
        self.inspection = inspection
        self.board = Board(inspection)
        self.failure: InspectError | None = None
        self.register_theme(THEME)
        self.theme = THEME.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for every theme."""
        return INK

    def get_default_screen(self) -> Screen[None]:
        """The workbench."""
        return Workbench(self.board)

    def on_mount(self) -> None:
        """Paint first, read after."""
        self.call_after_refresh(self.inspection.start)
        self.set_interval(0.1, self._watch)

    def _watch(self) -> None:
        """A source of which nothing could be read ends the program."""
        if self.inspection.error is not None and not self.inspection.session.seq:
            self.failure = self.inspection.error
            self.exit(UNREADABLE)

    def action_simulate(self, key: str) -> None:
        """Press a key."""
        self.simulate_key(key)


def run(inspection: Inspection) -> int:
    """Show an inspection until the user leaves; the exit code. An unreadable source is one line on stderr and 2."""
    app = InspectApp(inspection)
    try:
        result = app.run()
    finally:
        inspection.stop()
    if app.failure is not None:
        print(f"vdmabuf-inspect: {app.failure}", file=sys.stderr)
    return app.return_code or result or 0
