"""A list to tick and to put in order; what is ticked is in force at once."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column

_EDGES = 4
_ON, _OFF = "[x]", "[ ]"
_COLUMNS = (Column("tick", "", 3), Column("name", "", 24))
Tell = Callable[[list[str]], None]
"""Told the ticked names in their order, whenever they change."""


class Chooser(ModalScreen[None]):
    """The list, over what is there. `ordered`: entries can be moved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", id="chooser.close"),
        Binding("space,x", "tick", "Tick", id="chooser.tick"),
        Binding("K,shift+up", "move(-1)", "Up", id="chooser.up"),
        Binding("J,shift+down", "move(1)", "Down", id="chooser.down"),
        Binding("r", "reset", "As at first", id="chooser.reset"),
        HELP,
    ]

    def __init__(self, title: str, names: Sequence[str], ticked: Sequence[str], tell: Tell, ordered: bool) -> None:
        super().__init__()
        self._title, self._ordered, self._tell = title, ordered, tell
        self._first = list(names)
        self.names = [*ticked, *(n for n in names if n not in ticked)] if ordered else list(names)
        self.ticked = set(ticked)
        self.table = RowTable(ListRows(_COLUMNS), keep=("name", "tick"), stretch="name", least=1, id="chooser")

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield self.table

    def on_mount(self) -> None:
        """As high as it has lines, as far as there is room."""
        self.table.styles.height = min(len(self.names) + _EDGES, self.app.size.height - 2)
        self.table.border_title = f" {self._title} "
        moves = " · J K move" if self._ordered else ""
        self.table.border_subtitle = f" space ticks{moves} · r as at first · esc "
        self._show()
        self.table.focus()

    def action_tick(self) -> None:
        """Tick the entry, or not."""
        self.ticked ^= {self.names[self.table.cursor]}
        self._changed()

    def action_move(self, step: int) -> None:
        """Move the entry by one place."""
        at = self.table.cursor
        to = at + step
        if self._ordered and 0 <= to < len(self.names):
            self.names[at], self.names[to] = self.names[to], self.names[at]
            self.table.point(to)
            self._changed()

    def action_reset(self) -> None:
        """Everything as it was at first."""
        self.names, self.ticked = list(self._first), set(self._first)
        self._changed()

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss(result)

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Enter, or a second click, ticks too."""
        event.stop()
        self.action_tick()

    def _changed(self) -> None:
        self._show()
        self._tell([name for name in self.names if name in self.ticked])

    def _show(self) -> None:
        at = self.table.cursor
        rows = [{"tick": _ON if name in self.ticked else _OFF, "name": name.removesuffix("_ns")} for name in self.names]
        self.table.show(ListRows(_COLUMNS, rows))
        self.table.point(at)
