"""The ladder as a table: a step a row, its arrow as wide as there is room."""

from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.ladder import LadderView, rung
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER

_INKS = {TO_DEVICE: "driver", TO_DRIVER: "device"}
_QUIET = ("return", "notice")


class LadderTable(RowTable):
    """Driver and device as two lines, what passes between them as arrows."""

    def __init__(self, board: Board) -> None:
        keep = ("rung", "seq", "joined", "findings", "time_ns", "queue")
        super().__init__(
            LadderView(board.session), keep=keep, stretch="rung", least=34, empty="no step yet", id="ladder"
        )
        self.board = board

    def cell(self, i: int, column: Column, row: Row) -> str:
        """Arrows as wide as their column."""
        if column.name == "rung":
            return rung(row["kind"], row["direction"], row["what"], self.width_of("rung"))
        if column.name == "time_ns":
            times = self.board.session.events.time_ns
            return self.board.clock.text(int(row["time_ns"]), int(times[0]), int(times[max(0, row["seq"] - 2)]))
        return super().cell(i, column, row)

    def ink(self, column: Column, row: Row) -> str:
        """Messages in their sender's colour; returns and notifications quietly, gaps as a warning."""
        if column.name != "rung":
            return "quiet" if column.name in ("joined", "queue") else super().ink(column, row)
        if row["kind"] == "gap":
            return "warning"
        return "quiet" if row["kind"] in _QUIET or row["direction"] is None else _INKS[row["direction"]]
