"""The application: it starts an inspection, shows it while it is read, and stops it at the end."""

import os
import sys
import threading
from asyncio import get_running_loop
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from signal import SIGHUP, SIGTERM
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.driver import Driver
from textual.events import Event, InputEvent
from textual.screen import Screen

from vdmabuf_inspect.errors import InspectError, SourceError
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.plugins.reload import Reloader
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.ascii import Ascii, only_ascii
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.colourless import Colourless
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.rescue import rescue
from vdmabuf_inspect.tui.saving import save
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.terminal import Terminal
from vdmabuf_inspect.tui.theme import THEME, THEMES, VARIABLES
from vdmabuf_inspect.tui.tidy import LOOKS_A_SECOND, Tidy, look_seldom
from vdmabuf_inspect.tui.widgets.bars import key_name

UNREADABLE = 2
"""Exit code when the source cannot be read."""
TERMINATED = 143
"""Exit code when somebody ended the program, or hung up."""
_ENDS = (SIGTERM, SIGHUP)
_FIRST_S = 0.1
"""What can be read at once is there before the screen is set up: it is then drawn once, and not beside the reading."""
_PATIENCE_S = 0.5
_LATER_S = 0.5
"""Plugin files are watched from then on: the first screen goes before it."""
_SWITCH_S = 0.001
"""The reading thread gives way to a key after so long; Python's own 5 ms are felt at each of the screen's steps."""


class InspectApp(App[int]):
    """One inspection on the screen."""

    CSS_PATH = Path(__file__).parent / "style.tcss"
    TITLE = "vdmabuf-inspect"

    def __init__(
        self,
        inspection: Inspection,
        door: Door | None = None,
        ascii: bool = False,
        remembered: Remembered | None = None,
    ) -> None:
        """`door`: the plugins whose files are watched, so that a saved one decodes what is shown.

        ascii: draw with no other signs. remembered: what the user chose, by default what the state folder says.
        """
        if not os.environ.get("NO_COLOR"):
            os.environ.pop("NO_COLOR", None)  # empty it asks for nothing, whatever Textual makes of it
        super().__init__()
        self.animation_level = "none"
        self.remembered = remembered or Remembered()
        self.crash: Exception | None = None
        self._filters += [Colourless()] * self.no_color + [Ascii()] * ascii
        self.inspection = inspection
        self._door = door
        self.board = Board(inspection, remembered=self.remembered)
        self.failure: InspectError | None = None
        self._begun, self._painted = threading.Event(), threading.Event()
        self._tidy = Tidy()
        self._reloader: Reloader | None = None
        for theme in THEMES:
            self.register_theme(theme)
        chosen = THEME.name if self.no_color else next(iter(self.remembered.get("theme")), THEME.name)
        self.set_reactive(
            App.theme, chosen if chosen in self.available_themes else THEME.name
        )  # not by assignment, which would style everything a second time
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for every theme."""
        return VARIABLES

    def get_default_screen(self) -> Screen[None]:
        """The workbench."""
        return Workbench(self.board)

    def get_driver_class(self) -> type[Driver]:
        """Ours in the place of Textual's own for Linux."""
        found = super().get_driver_class()
        return Terminal if issubclass(Terminal, found) else found

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as SVG, ours in the place of one that asks a host for its font."""
        from vdmabuf_inspect.tui.svg import screenshot

        return screenshot(self, title or self.title)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key of the screen by what it does, and the choice among all colours. Textual's own others would not
        do: a list of keys that stays, a picture in a folder that may not be there.
        """
        for key in screen.BINDINGS:
            if isinstance(key, Binding) and (key.tooltip or key.description):
                name = key.key_display or key_name(key.key.partition(",")[0])
                yield SystemCommand(
                    key.tooltip or key.description, f"key {name}", partial(screen.run_action, key.action)
                )
        yield SystemCommand("the colours, from a list", "themes", self.action_change_theme)

    def next_theme(self) -> str:
        """Take the next of our own themes; its name."""
        if self.no_color:
            return "no colours, because NO_COLOR is set"
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        return self.theme

    async def action_quit(self) -> None:
        """Leave as the workbench does."""
        screen = self.screen_stack[0]
        if isinstance(screen, Workbench):
            screen.action_quit()
        else:
            self.exit(0)

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, InspectError):
            self.failure = self.failure or error
            self.exit(UNREADABLE)
            return
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """The screen goes; `run` says in one line what happened."""
        self._close_messages_no_wait()

    def on_load(self) -> None:
        """Read a little while the screen is being set up; end in good order when somebody ends us."""
        for number in _ENDS:
            get_running_loop().add_signal_handler(number, self.exit, TERMINATED)
        self.inspection.start(self._breathe)
        if not self.inspection.growing:
            self._begun.wait(_FIRST_S)

    def on_mount(self) -> None:
        """Watch for a source that cannot be read."""
        self.call_after_refresh(self._painted.set)
        self.theme_changed_signal.subscribe(self, lambda theme: self.remembered.put("theme", [theme.name]))
        self.set_interval(0.1, self._watch)
        self.set_interval(1 / LOOKS_A_SECOND, self._tidy.rest)
        if self._door is not None:
            self.set_timer(_LATER_S, self._watch_plugins)

    async def on_event(self, event: Event) -> None:
        """Hear of what the user does."""
        if isinstance(event, InputEvent):
            self._tidy.pressed()
        await super().on_event(event)

    def _breathe(self, _: float) -> None:
        """In the reading thread: what was read first is painted before more is read."""
        self._begun.set()
        self._painted.wait(_PATIENCE_S)

    def _watch(self) -> None:
        """A source of which nothing could be read, or nothing can be any more, ends the program."""
        store, error = self.inspection.session.store, self.inspection.error
        if store is not None and store.shrunk:
            error = error or SourceError(f"{self.inspection.spec}: became shorter while it was open; open it again")
        elif self.inspection.session.seq:
            return
        if error is not None:
            self.failure = error
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
        for number in _ENDS:
            get_running_loop().remove_signal_handler(number)
        if self._reloader is not None:
            self._reloader.close()

    def push_screen(self, *args: Any, **kwargs: Any) -> Any:
        """Over what was told before: a dialog is not to be read through it."""
        self.clear_notifications()
        return super().push_screen(*args, **kwargs)

    def action_help(self) -> None:
        """The keys of the screen that is shown."""
        from vdmabuf_inspect.tui.screens.help import Help, groups_of

        self.push_screen(Help(groups_of(self.screen)))

    def action_simulate(self, key: str) -> None:
        """Press a key."""
        self.simulate_key(key)


def run(inspection: Inspection, door: Door | None = None, ascii: bool = False) -> int:
    """Show an inspection until the user leaves; the exit code. An unreadable source is one line on stderr and 2, and
    so is a mistake of ours. Marks that were set go into a recording that is kept. Raises InspectError for that.
    """
    app = InspectApp(inspection, door, ascii or only_ascii())
    sys.setswitchinterval(_SWITCH_S)
    look_seldom()
    try:
        result = app.run()
    finally:
        inspection.stop()
    if app.crash is not None:
        print(f"vdmabuf-inspect: {rescue(inspection, app.crash)}", file=sys.stderr)
        return UNREADABLE
    if app.failure is not None:
        print(f"vdmabuf-inspect: {app.failure}", file=sys.stderr)
        return UNREADABLE
    keep_marks(inspection)
    if inspection.error is not None:
        print(f"vdmabuf-inspect: {inspection.error}", file=sys.stderr)
        return UNREADABLE
    return app.return_code or result or 0


def keep_marks(inspection: Inspection) -> None:
    """Write the marks into the recording that is kept. Raises InspectError."""
    session, path = inspection.session, inspection.kept
    if path is not None and session.remarks:
        save(session, path)
