"""The list of messages: its columns are the user's choice, and it knows how long each request took."""

from dataclasses import replace
from typing import cast

from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.palette import ink
from vdmabuf_inspect.tui.rows import Rows
from vdmabuf_inspect.tui.widgets.row_canvas import MARKED, NO_MARK
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.latency import took_ns
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.names import TO_DEVICE, longest_command, span

_LEAST_TIME = len("+820.862 us")
_NARROW = 100
"""Cells below which columns make room for each other."""
_COMMAND, _LONGEST_COMMAND = 10, (20, 24)
"""Cells of a command's name: at least, and at most where it is narrow and where it is not."""
_FINDINGS = 17
"""Cells of findings where it is narrow: they matter more than a size."""
_TOOK = Column("took", "took", 10, right=True)
"""From a request to its answer, from an export to its release."""
_USUAL = ("seq", "command", "buffer", "direction", "queue", "time_ns", "findings", "fields", "size", "took")


class MessageTable(RowTable):
    """The messages that the filter lets through."""

    def __init__(self, board: Board) -> None:
        super().__init__(board.messages(), keep=_USUAL, stretch="fields", empty="no message yet", id="messages")
        self.board = board
        self._wide = self._widths()
        self.chosen = self.names
        """Names of the columns that the user wants, in order."""
        self._out: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in their usual order."""
        return tuple(column.name for column in self._columns())

    def choose(self, names: tuple[str, ...]) -> None:
        """Show these columns, in this order; the usual ones for no name that is known."""
        self.chosen = tuple(name for name in names if name in self.names) or self.names
        self._keep = _USUAL if self.chosen == self.names else self.chosen
        self._fit_width = -1
        self.refresh()

    def offered(self) -> list[Column]:
        """The chosen columns."""
        columns = {column.name: column for column in self._columns()}
        return [columns[name] for name in self.chosen]

    def show(self, rows: Rows) -> None:
        """Show other messages, or times in another format."""
        self._refit()
        super().show(rows)

    def grow(self, rows: Rows) -> None:
        """Show more; what was out when it was painted may have come back."""
        self._refit()
        super().grow(rows)
        out, self._out = self._out, set()
        self.forget(out)

    def _refit(self) -> None:
        """Columns are fitted anew when their texts have become longer or shorter."""
        widths = self._widths()
        if widths != self._wide:
            self._wide = widths
            self._fit_width = -1

    def _widths(self) -> dict[str, int]:
        """Cells of the columns that are only as wide as they have to be."""
        times = self.board.session.events.time_ns
        ends = (int(times[-1]), int(times[0]), int(times[0])) if len(times) else (0, 0, 0)
        return {
            "seq": max(4, len(str(len(times)))),
            "time_ns": max(_LEAST_TIME, len(self.board.clock.text(*ends))),
            "command": longest_command(self.board.session),
        }

    def _columns(self) -> list[Column]:
        wide, narrow = dict(self._wide), self.size.width < _NARROW
        wide["command"] = max(_COMMAND, min(wide["command"], _LONGEST_COMMAND[not narrow]))
        if narrow and wide["command"] > _COMMAND:
            queues = [len(queue.name) for queue in self.board.session.queues.queues]
            wide |= {"queue": min(16, max(queues, default=16)), "findings": len("findings")}
        elif narrow:
            wide["findings"] = _FINDINGS
        columns = [replace(c, width=wide[c.name]) if c.name in wide else c for c in self.rows.columns]
        columns.insert([column.name for column in columns].index("fields"), _TOOK)
        return columns

    def _took(self, i: int, row: Row) -> str:
        """How long a request took; three dots while it is out."""
        session = self.board.session
        took = took_ns(session, row["seq"] - 1)
        if took is not None or row["direction"] != TO_DEVICE:
            return "" if took is None else span(took) if took else "same look"
        self._out.add(i)
        return "…"

    def flag(self, i: int) -> str:
        """A marked message shows its mark."""
        view = cast(MessagesView, self.rows)
        return MARKED if self.board.marked(view.row_seq(view.index(i))) else NO_MARK

    def cell(self, i: int, column: Column, row: Row) -> str:
        """Times as the user likes them."""
        if column is _TOOK:
            return self._took(i, row)
        if column.name != "time_ns":
            return super().cell(i, column, row)
        times = self.board.session.events.time_ns
        view = cast(MessagesView, self.rows)
        before = times[view.row_seq(view.index(i - 1)) - 1] if i else times[0]
        return self.board.clock.text(int(row["time_ns"]), int(times[0]), int(before))

    def ink(self, column: Column, row: Row) -> str:
        """Commands of other protocols in their sender's colour."""
        if column is _TOOK:
            return "quiet"
        found = super().ink(column, row)
        return ink("direction", row["direction"]) if column.name == "command" and not found else found
