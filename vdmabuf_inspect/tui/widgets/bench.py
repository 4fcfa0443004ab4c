"""All panes side by side, showing one moment of one board."""

from typing import cast

import numpy as np
from textual.app import ComposeResult
from textual.widget import Widget

from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.widgets.detail_pane import DetailPane
from vdmabuf_inspect.tui.widgets.ladder import LadderTable
from vdmabuf_inspect.tui.widgets.lanes import LaneTable
from vdmabuf_inspect.tui.widgets.message_table import MessageTable
from vdmabuf_inspect.tui.widgets.panes import (
    BufferTable,
    ControlTable,
    FindingTable,
    QueueTable,
    Rings,
)
from vdmabuf_inspect.tui.widgets.ring_view import RingView
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.tui.widgets.still import StillContainer
from vdmabuf_inspect.tui.widgets.tabs import Tabs
from vdmabuf_inspect.views.base import View
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.ladder import LadderView

LOWER = {"fields": "detail", "buffers": "side", "findings": "side", "queues": "queues"}
"""Panes of which a narrow screen shows one at a time, and the container that shows each."""
CONTROL = "control"


class Bench(StillContainer):
    """The panes. It reads the board and never changes it."""

    def __init__(self, board: Board) -> None:
        super().__init__(id="body")
        self.board = board
        self.messages = MessageTable(board)
        self.ladder = LadderTable(board)
        self.lanes = LaneTable(board)
        self.ring = RingView(board)
        self._queue_chosen = False
        self.stage: RowTable | RingView = self.messages
        self.queues = QueueTable(board)
        self.buffers = BufferTable(board)
        self.findings = FindingTable(board)
        self.control = ControlTable(board)
        self.detail = DetailPane(board)
        self.fields, self.hex = self.detail.fields, self.detail.hex
        for table in (self.queues, self.buffers, self.findings, self.control):
            table.set_classes("-lower")
        self.messages.add_class("-stage")
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Left or above: queues, messages, detail. Right or below: buffers, findings."""
        with StillContainer(id="main"):
            yield self.queues
            yield self.messages
            yield self.ladder
            yield self.lanes
            yield self.ring
            yield Tabs(tuple(LOWER))
            yield self.detail
        with StillContainer(id="side", classes="-lower"):
            yield self.buffers
            yield self.control
            yield self.findings

    @property
    def panes(self) -> tuple[Widget, ...]:
        """In the order of the tab key."""
        control = (self.control,) if len(self.board.session.control) else ()
        return (self.stage, self.fields, self.hex, self.buffers, *control, self.findings, self.queues)

    def show(self, pane: str) -> None:
        """On a narrow screen: put this pane below the messages. Buffers and control plane share a place on any."""
        if pane in ("buffers", CONTROL):
            self.set_class(pane == CONTROL, "-control")
        holder = {**LOWER, CONTROL: "side"}.get("fields" if pane == "hex" else pane)
        if holder is None:
            return
        for widget in self.query(".-lower"):
            widget.set_class(widget.id in (holder, pane), "-shown")
        self.query_one(Tabs).choose("fields" if pane == "hex" else pane)

    @property
    def stages(self) -> tuple[RowTable | RingView, ...]:
        """What may stand in the middle, in the order of their keys."""
        return (self.messages, self.ladder, self.lanes, self.ring)

    def choose_stage(self, name: str) -> RowTable | RingView:
        """Put this one in the middle."""
        self.stage = next(table for table in self.stages if table.id == name)
        for table in self.stages:
            table.set_class(table is self.stage, "-stage")
        self.tell_new()
        self._point()
        self._choose_queue()
        self.tell_state()
        return self.stage

    def _choose_queue(self) -> None:
        """The ring that comes into view is that of the event's queue."""
        event, session = self.board.event, self.board.session
        queue = session.queues.queues[int(session.events.qid[event - 1])] if event else None
        if self.stage is self.ring and queue in session.queues.rings:
            self._queue_chosen = True
            self.queues.point(session.queues.rings.index(queue))

    def tell_new(self) -> None:
        """There is more to show, or a filter selects otherwise."""
        board = self.board
        shown = (
            board.generation,
            board.pulse.findings,
            board.clock,
            board.cursor.held,
            board.selection,
            board.filter_on,
        )
        if shown == self._shown and board.chosen is None:
            self.messages.grow(board.messages())
            self._grow_ladder()
            self.control.grow(board.control())
        else:
            self.messages.show(board.messages())
            self._grow_ladder(anew=True)
            self.findings.show(board.findings())
            self.control.show(board.control())
            self._shown = shown
        self._title_lists()

    def _grow_ladder(self, anew: bool = False) -> None:
        """More steps, where they are looked at."""
        if self.stage is self.ladder:
            rows = LadderView(self.board.session, self.board.cursor.end)
            (self.ladder.show if anew or not self.ladder.count else self.ladder.grow)(rows)

    def tell_event(self) -> None:
        """The cursor stands elsewhere: the lists go there, the detail shows what is there."""
        self._point()
        event = self.board.event
        self.detail.tell(detail(self.board.session, event) if event else None)

    def tell_state(self) -> None:
        """The queues and buffers as of the cursor."""
        board = self.board
        self.queues.tell(Rings(board.session, board.cursor.seq))
        if self.stage is self.lanes:
            self.lanes.tell()
            if board.buffer >= 0:
                self.lanes.point(board.buffer)
        buffers = board.buffers()
        self.buffers.show(buffers)
        if (chosen := board.chosen_buffer()) >= 0:
            self.buffers.point(_place(buffers, chosen))
        shown = " · released ones left out" if board.live_only else ""
        self.buffers.head(f"buffers {buffers.moment.live:,} live of {buffers.total():,}{shown}")
        self.tell_queue()

    def tell_queue(self) -> None:
        """The title of the queues says more of the one under the cursor."""
        self.queues.head(" · ".join(filter(None, ("queues", self.queues.said))))
        if self.stage is self.ring:
            if not self._queue_chosen:
                self._choose_queue()
            rings, at = self.board.session.queues.rings, self.queues.cursor
            self.ring.head(self.ring.tell(rings[at] if 0 <= at < len(rings) else None))

    def step_queue(self, step: int) -> None:
        """Put the cursor of the queues on the next one."""
        self.queues.point(self.queues.cursor + step)
        self.tell_queue()

    def point_buffer(self, number: int) -> None:
        """Put the cursor of the buffers on this one."""
        self.buffers.point(_place(cast(View, self.buffers.rows), number))

    @property
    def chosen_field(self) -> Field | None:
        """The field under the cursor of the fields."""
        rows, at = self.fields.list.rows, self.fields.cursor
        path = rows[at]["path"] if 0 <= at < len(rows) else ""
        fields = self.detail.shown.fields if self.detail.shown else ()
        return next((field for field in fields if field.path == path), None)

    def _point(self) -> None:
        """Put the cursors of the tables on the last row at or before the time cursor."""
        seq = self.board.cursor.seq
        following = self.board.cursor.following
        for table in (self.messages, self.findings, self.control, self.ladder):
            if table.seq != seq or (following and table in (self.messages, self.ladder)):
                table.point(table.rows.place(seq + 1) - 1)

    def _title_lists(self) -> None:
        board = self.board
        count, all_of = len(self.messages.rows), len(board.session.messages)
        title = f"messages {count:,}"
        if board.selection is not None:
            state = (
                f"of {all_of:,} · {board.selection.text}"
                if board.filter_on
                else f"· filter off: {board.selection.text}"
            )
            title = f"{title} {state}{board.filtering}"
        self.messages.head(title)
        self.ladder.head(f"ladder {len(self.ladder.rows):,}")
        self.findings.head(f"findings {len(self.findings.rows):,}")
        self.control.head(f"vhost-user messages {len(self.control.rows):,}")
        if len(self.control.rows):
            self.query_one(Tabs).offer(CONTROL)


def _place(view: View, index: int) -> int:
    """The row of the view that shows the table's row `index`, or the one before it."""
    return index if view.selection is None else int(np.searchsorted(view.selection, index, "right")) - 1
