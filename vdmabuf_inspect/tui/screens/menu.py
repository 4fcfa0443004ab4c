"""A short list to choose from: a letter, Enter or a click takes an entry, Esc none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row

_LETTERS = "abcdefhilmnoprstuvwxyz0123456789"
"""Letters that are given to entries; those that move the cursor are left out."""
_EDGES = 3


@dataclass(frozen=True)
class Entry:
    """One thing to choose, and what is done then."""

    text: str
    act: Callable[[], None]
    note: str = ""


class Choices(RowTable):
    """The entries; the letters stand out."""

    def ink(self, column: Column, row: Row) -> str:
        """Letters as keys, what is said of an entry quietly."""
        return {"letter": "accent", "note": "quiet"}.get(column.name, "")


class Menu(ModalScreen[None]):
    """The list, over what is there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close", id="menu.close"), HELP]

    def __init__(self, title: str, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        rows = [{"letter": _letter(i), "text": e.text, "note": e.note} for i, e in enumerate(entries)]
        width = max((len(e.text) for e in entries), default=1)
        columns = (Column("letter", "", 2), Column("text", "", width), Column("note", "", 24))
        self._table = Choices(
            ListRows(columns, rows), keep=("letter", "text", "note"), stretch="note", least=1, id="menu"
        )

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield self._table

    def on_mount(self) -> None:
        """As high as it has lines, as far as there is room."""
        self._table.styles.height = min(len(self._entries) + _EDGES, self.app.size.height - 2)
        self._table.border_title = Content(f" {self._title} ")
        self._table.border_subtitle = " a letter or enter chooses · esc closes "
        self._table.focus()

    def on_resize(self) -> None:
        """The first entry is the one that Enter takes."""
        self._table.measure()

    def on_key(self, event: events.Key) -> None:
        """A letter takes its entry."""
        for i in range(len(self._entries)):
            if event.key == _letter(i):
                event.stop()
                self._take(i)

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Enter, or a second click."""
        event.stop()
        self._take(event.row)

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Take none."""
        self.dismiss(result)

    def _take(self, place: int) -> None:
        act = self._entries[place].act
        self.dismiss(None)
        self.app.call_later(act)


def _letter(place: int) -> str:
    return _LETTERS[place] if place < len(_LETTERS) else ""
