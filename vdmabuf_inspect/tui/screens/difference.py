"""What changed between two moments, as a list; Enter goes to the event that changed a thing last."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.difference import COLUMNS, Change

_KEEP = ("subject", "before", "after", "change", "kind")
_WIDE, _VALUE = 100, 30
"""Cells from which on values have so many of their own."""


class Changes(RowTable):
    """The list: what became more or another stands out."""

    def __init__(self, rows: ListRows) -> None:
        super().__init__(rows, keep=_KEEP, stretch="subject", least=26, empty="nothing changed", id="changes")

    def offered(self) -> list[Column]:
        """What was and what is, in full where there is room."""
        wide = self.size.width >= _WIDE
        return [replace(c, width=_VALUE) if wide and c.name in ("before", "after") else c for c in self.rows.columns]

    def ink(self, column: Column, row: Row) -> str:
        """Findings as a warning, states as they are anywhere else."""
        if column.name in ("before", "after") and row["kind"] == "buffer":
            return super().ink(Column("state", "", 1), {"state": row[column.name]})
        if row["kind"] == "findings":
            return "warning"
        return {"kind": "quiet", "before": "quiet", "change": "accent"}.get(column.name, "")


class DifferenceScreen(ModalScreen[int | None]):
    """Dismissed with the sequence number to go to, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,D", "dismiss", "Close", id="difference.close"),
        HELP,
    ]

    def __init__(self, changes: list[Change], a: int, b: int) -> None:
        super().__init__()
        self._a, self._b = a, b
        self._table = Changes(ListRows(COLUMNS, [change._asdict() for change in changes]))

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield self._table

    def on_mount(self) -> None:
        """Say what is compared."""
        table = self._table
        table.border_title = f" what changed from A (after event {self._a:,}) to B (after event {self._b:,}) "
        table.border_subtitle = " enter goes there · esc closes "
        table.focus()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Go to the event that made it so."""
        event.stop()
        self.dismiss(self._table.seq or None)

    def action_dismiss(self, result: int | None = None) -> None:  # type: ignore[override]
        """Go nowhere."""
        self.dismiss(result)
