"""The panes that are tables: queues, fields, buffers, findings, the control plane."""

from dataclasses import replace
from typing import cast

from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.field_rows import COLUMNS, Lit, field_rows, row_of_byte, row_of_path
from vdmabuf_inspect.tui.ring_strip import ring_strip
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.fit import fit
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.detail import Detail
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.ring_slots import ring_picture
from vdmabuf_inspect.views.rings import RingsView
from vdmabuf_inspect.views.waiting import ring_line, waiting_mover

_STRIP = Column("ring", "ring", 24)
_WAITING = Column("waiting", "waits for", 18, text=waiting_mover)
_OTHERS = {"waiting": _WAITING, "features": Column("features", "features", 31)}
"""Columns that are other than in the list of queues."""
_KEEP = ("queue", "ring", "in_flight", "oldest_ns", "avail_idx", "used_idx", "missed", "features", "kind", "desc")
_MANY = 256
"""Queues that are shown at most."""
_NAME = 14, 22
"""Cells of a queue's name: at least, and at most."""


class Rings(RingsView):
    """The queues, with a picture of the ring."""

    columns: tuple[Column, ...] = (  # type: ignore[assignment]
        *RingsView.columns[:5], _STRIP, *(_OTHERS.get(c.name, c) for c in RingsView.columns[5:]),
    )  # fmt: skip

    def make(self, index: int) -> Row:
        """One queue; `ring` is what the strip is drawn from."""
        ring = self.state(index)
        return {**self.describe(ring), "ring": ring_picture(ring)}


class QueueTable(RowTable):
    """The queues as of the cursor."""

    def __init__(self, board: Board) -> None:
        super().__init__(
            ListRows(Rings.columns), keep=_KEEP, stretch="ring", least=24, empty="no queue yet", id="queues"
        )

    def tell(self, rings: Rings) -> None:
        """Show the queues at another moment; the few there are are read at once."""
        queues = [{**rings.row(i), "seq": rings.row_seq(i)} for i in range(min(len(rings), _MANY))]
        if queues != cast(ListRows, self.rows).rows:
            waits = any(queue["waiting"] for queue in queues)
            self._keep = (*_KEEP[:3], "waiting", *_KEEP[3:]) if waits else _KEEP
            self._fit_width = -1
            self.show(ListRows(rings.columns, queues))

    def offered(self) -> list[Column]:
        """Names of queues are read in full."""
        least, most = _NAME
        name = min(most, max([least, *(len(row["queue"]) for row in cast(ListRows, self.rows).rows)]))
        return [replace(c, width=name) if c.name == "queue" else c for c in self.rows.columns]

    @property
    def said(self) -> str:
        """Of the queue under the cursor: what it waits for, what was asked, what the observer did."""
        rows = cast(ListRows, self.rows).rows
        return ring_line(rows[self.cursor]) if 0 <= self.cursor < len(rows) else ""

    def ink(self, column: Column, row: Row) -> str:
        """Who is to move in the colour of a warning."""
        return "warning" if column.name == "waiting" else super().ink(column, row)

    def cell(self, i: int, column: Column, row: Row) -> str:
        """The ring is drawn as wide as its column; in flight counts of how many."""
        value = row[column.name]
        if column.name == "ring":
            return ring_strip(value, self.width_of("ring"))
        if column.name == "in_flight":
            return f"{value}/{row['size'] or '?'}"
        return super().cell(i, column, row)


class BufferTable(RowTable):
    """The buffers as of the cursor."""

    def __init__(self, board: Board) -> None:
        keep = ("buffer", "state", "age_ns", "bytes", "findings", "exports", "first_seq", "last_seq", "pages")
        super().__init__(BuffersView(board.session), keep=keep, stretch="findings", empty="no buffer yet", id="buffers")


class FindingTable(RowTable):
    """The findings, those after the cursor too."""

    def __init__(self, board: Board) -> None:
        keep = ("severity", "rule", "message", "seq", "slug", "culprit", "confidence", "buffer")
        view = FindingsView(board.session)
        super().__init__(view, keep=keep, stretch="message", least=32, empty="no finding", id="findings")


class ControlTable(RowTable):
    """The vhost-user messages, those after the cursor too."""

    def __init__(self, board: Board) -> None:
        keep = ("seq", "direction", "request", "reply", "findings", "fields", "latency_ns", "session", "fds", "channel")
        view = ControlView(board.session)
        super().__init__(view, keep=keep, stretch="fields", least=20, empty="no vhost-user message", id="control")


class FieldTable(RowTable):
    """The event's fields, facts and findings."""

    def __init__(self) -> None:
        super().__init__(
            field_rows(None), keep=("name", "text", "place"), stretch="text", least=26, empty="no event", id="fields"
        )
        self._path = ""
        self._detail: Detail | None = None
        self._room = 0

    @property
    def list(self) -> ListRows:
        """The rows."""
        return cast(ListRows, self.rows)

    @property
    def lit(self) -> Lit:
        """The bytes of the field under the cursor."""
        return cast(Lit, self.list.rows[self.cursor]["lit"]) if 0 <= self.cursor < len(self.list) else Lit()

    def tell(self, detail: Detail | None) -> None:
        """Show another event; the cursor stays on the field of the same name."""
        self._detail, self._room = detail, self._text_room()
        rows = field_rows(detail, self._room)
        self.show(rows)
        self.scroll_to(y=0, animate=False, force=True)
        self.point(row_of_path(rows, self._path))
        self.reveal()

    def on_resize(self) -> None:
        """What is wrapped is wrapped anew."""
        super().on_resize()
        if self._text_room() != self._room:
            self.tell(self._detail)

    def _text_room(self) -> int:
        width = self.scrollable_content_region.width - 1
        return next((w for c, w in fit(COLUMNS, width, self._keep, self._stretch, self._least) if c.name == "text"), 40)

    def remember(self) -> None:
        """The user chose this field: it is the one to show of other events too."""
        if 0 <= self.cursor < len(self.list):
            self._path = self.list.rows[self.cursor]["path"]

    def point_at_byte(self, offset: int) -> Lit:
        """Choose the field that holds a byte; its bytes."""
        row = row_of_byte(self.list, offset)
        if row is None:
            return Lit()
        self.point(row)
        self.remember()
        return self.lit

    def ink(self, column: Column, row: Row) -> str:
        """Findings in their colour, facts and places quietly."""
        kind = "quiet" if column.name == "place" else row["kind"]
        return {"field": "", "fact": "quiet"}.get(kind, kind)
