"""Buffers as lanes: a line a buffer, its states along the time that is shown."""

from typing import ClassVar

import numpy as np
from textual.binding import Binding, BindingType

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.numbers import live_mask, state_names
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.lanes import edges, lane
from vdmabuf_inspect.views.names import span

_LANE = Column("lane", "lane", 36, data=False)
CURSOR = "┃"
_MOST_ZOOM = 1 << 20


class Lanes(BuffersView):
    """The buffers, with room for a lane."""

    columns: tuple[Column, ...] = (*BuffersView.columns[:1], _LANE, *BuffersView.columns[1:])

    def make(self, index: int) -> Row:
        """One buffer; `lane` is its number."""
        return {**super().make(index), "lane": index}


class LaneTable(RowTable):
    """Every buffer's life in one line; the cursor's time is a line through all of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom_time(4)", "Closer", id="lanes.closer", tooltip="a shorter stretch of time"),
        Binding("Z", "zoom_time(0.25)", "Farther", id="lanes.farther", tooltip="a longer one"),
        Binding("h,left", "pan(-1)", "Earlier", show=False, id="lanes.earlier"),
        Binding("l,right", "pan(1)", "Later", show=False, id="lanes.later"),
    ]

    def __init__(self, board: Board) -> None:
        keep = ("buffer", "lane", "state", "findings", "age_ns", "bytes")
        super().__init__(
            Lanes(board.session), keep=keep, stretch="lane", least=_LANE.width, empty="no buffer yet", id="lanes"
        )
        self.board = board
        self.magnified = 1.0
        self._middle: int | None = None
        self._edges: Array = np.zeros(1, np.int64)
        self._for: tuple[int, ...] = ()

    def tell(self) -> None:
        """Show the buffers as of the cursor."""
        self.show(Lanes(self.board.session, self.board.cursor.seq))
        self.head(f"lanes {len(self.rows):,} · {self._stretch_text()}")

    def cell(self, i: int, column: Column, row: Row) -> str:
        """The lane as wide as its column."""
        if column.name != "lane":
            return super().cell(i, column, row)
        times, seq = self._times(self.width_of("lane")), self.board.cursor.seq
        text = lane(self.board.session, row["lane"], times, seq)
        now = int(self.board.session.events.time_ns[seq - 1]) if seq else int(times[0])
        at = int(np.searchsorted(times, now, side="right")) - 1
        return text[:at] + CURSOR + text[at + 1 :] if 0 <= at < len(text) else text

    def ink(self, column: Column, row: Row) -> str:
        """A lane in the colour of its state."""
        if column.name != "lane":
            return super().ink(column, row)
        return "good" if live_mask()[state_names().index(row["state"])] else "quiet"

    def action_zoom_time(self, factor: float) -> None:
        """Show a shorter or a longer stretch, around the cursor."""
        self.magnified = min(max(1.0, self.magnified * factor), _MOST_ZOOM)
        self._middle = None
        self.tell()

    def action_pan(self, step: int) -> None:
        """Show an earlier or a later stretch."""
        begin, end = self._stretch_ns()
        self._middle = (begin + end) // 2 + step * (end - begin) // 4
        self.tell()

    def _stretch_ns(self) -> tuple[int, int]:
        """The stretch of time that is shown: all of it, or around the cursor, within what there is."""
        times = self.board.session.events.time_ns
        if not len(times):
            return 0, 1
        first, last, seq = int(times[0]), int(times[-1]) + 1, self.board.cursor.seq
        length = max(1, int((last - first) / self.magnified))
        middle = self._middle if self._middle is not None else int(times[max(0, seq - 1)])
        begin = max(first, min(middle - length // 2, last - length))
        return begin, begin + length

    def _times(self, width: int) -> Array:
        key = (*self._stretch_ns(), width)
        if key != self._for:
            self._for, self._edges = key, edges(key[0], key[1], width)
        return self._edges

    def _stretch_text(self) -> str:
        begin, end = self._stretch_ns()
        return f"{span(end - begin)} · z closer · Z farther · h l earlier, later"
