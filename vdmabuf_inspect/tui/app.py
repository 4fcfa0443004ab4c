"""The application: it starts an inspection, shows it while it is read, and stops it at the end."""

import sys
from pathlib import Path
from threading import Event

from textual.app import App
from textual.screen import Screen

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.plugins.reload import Reloader
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.theme import THEME, VARIABLES

UNREADABLE = 2
"""Exit code when the source cannot be read."""
_PATIENCE_S = 0.5
_LATER_S = 0.5
"""Plugin files are watched from then on: the first screen goes before it."""
_SWITCH_S = 0.001
"""The reading thread gives way to a key after so long; Python's own 5 ms are felt at each of the screen's steps."""


class InspectApp(App[int]):
    """One inspection on the screen."""

    CSS_PATH = Path(__file__).parent / "style.tcss"
    TITLE = "vdmabuf-inspect"

    def __init__(self, inspection: Inspection, door: Door | None = None) -> None:
        """`door`: the plugins whose files are watched, so that a saved one decodes what is shown."""
        super().__init__()
        self.inspection = inspection
        self._door = door
        self.board = Board(inspection)
        self.failure: InspectError | None = None
        self._painted = Event()
        self._reloader: Reloader | None = None
        self.register_theme(THEME)
        self.set_reactive(App.theme, THEME.name)  # not by assignment, which would style everything a second time
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for every theme."""
        return VARIABLES

    def get_default_screen(self) -> Screen[None]:
        """The workbench."""
        return Workbench(self.board)

    def on_load(self) -> None:
        """Read a little while the screen is being set up."""
        self.inspection.start(self._breathe)

    def on_mount(self) -> None:
        """Watch for a source that cannot be read."""
        self.call_after_refresh(self._painted.set)
        self.set_interval(0.1, self._watch)
        if self._door is not None:
            self.set_timer(_LATER_S, self._watch_plugins)

    def _breathe(self, _: float) -> None:
        """In the reading thread: what was read first is painted before more is read."""
        self._painted.wait(_PATIENCE_S)

    def _watch(self) -> None:
        """A source of which nothing could be read ends the program."""
        if self.inspection.error is not None and not self.inspection.session.seq:
            self.failure = self.inspection.error
            self.exit(UNREADABLE)

    def _watch_plugins(self) -> None:
        assert self._door is not None
        self._reloader = Reloader(self._door)
        self.set_interval(0.1, self._reload)

    def _reload(self) -> None:
        """Saved plugins are in force; one that fails is told of, and its old version stays."""
        plugins = self._reloader.poll() if self._reloader is not None else []
        for plugin in plugins:
            name = plugin.candidate.name
            if plugin.error:
                self.notify(printable(plugin.error), title=f"plugin {name}: the old version stays", severity="error")
            else:
                self.notify("decoding again", title=f"plugin {name} was loaded again")
        if any(not plugin.error for plugin in plugins):
            self.inspection.again()

    def plugin_files(self) -> list[Path]:
        """The source files of loaded plugins."""
        plugins = self._door.plugins if self._door is not None else []
        return [path for plugin in plugins if plugin.loaded or plugin.error for path in plugin.files]

    def on_unmount(self) -> None:
        """Watch no more."""
        if self._reloader is not None:
            self._reloader.close()

    def action_simulate(self, key: str) -> None:
        """Press a key."""
        self.simulate_key(key)


def run(inspection: Inspection, door: Door | None = None) -> int:
    """Show an inspection until the user leaves; the exit code. An unreadable source is one line on stderr and 2."""
    app = InspectApp(inspection, door)
    sys.setswitchinterval(_SWITCH_S)
    try:
        result = app.run()
    finally:
        inspection.stop()
    if app.failure is not None:
        print(f"vdmabuf-inspect: {app.failure}", file=sys.stderr)
    return app.return_code or result or 0
