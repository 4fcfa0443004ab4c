"""Every shared buffer and its state."""

from vdmabuf_inspect.model.amounts import size
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.contents import extent_of, held_of
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.names import buffer_id, buffer_key, buffer_name, halves, is_vdmabuf, span, state_name
from vdmabuf_inspect.views.reading import declared_device, dialect_of, message_of

_GLYPHS = {"exporting": "◌ exporting", "exported": "● exported", "withdrawn": "◐ withdrawn", "released": "○ released"}


class BuffersView(View):
    """Buffers in the order in which they were first seen, one row an incarnation, as of the moment."""

    name = "buffers"
    columns: tuple[Column, ...] = (
        Column("buffer", "buffer", 12),
        Column("id", "id", 32, shown=False),
        Column("vmid", "vm", 7, right=True, shown=False),
        Column("counter", "counter", 8, right=True, shown=False),
        Column("key", "key", 16),
        Column("state", "state", 11, text=lambda s: _GLYPHS.get(s, s)),
        Column("age_ns", "age", 11, right=True, text=lambda ns: "" if ns is None else span(ns), data=False),
        Column("exports", "exports", 7, right=True),
        Column("first_seq", "first", 8, right=True),
        Column("last_seq", "last", 8, right=True),
        Column("pages", "pages", 7, right=True),
        Column("bytes", "size", 10, right=True, text=lambda n: "" if n is None else size(n)),
        Column("presumed", "presumed", 8),
        Column("findings", "findings", 16, data=False),
    )

    def __init__(self, session: Session, seq: int | None = None, selection: Array | None = None) -> None:
        super().__init__(session, seq, selection)
        self._moment: Moment | None = None

    @property
    def moment(self) -> Moment:
        """The state shown; taken anew when the session has grown and no moment was asked for."""
        if self._moment is None or self._moment.seq != self.at:
            self._moment = Moment(self.session, self.at)
        return self._moment

    def total(self) -> int:
        """Rows of the object log that may be shown."""
        if self.seq is None:
            return len(self.session.objects)
        return lives(self.session).firsts.known(self.seq)

    def row_seq(self, index: int) -> int:
        """The sequence number of the buffer's first event."""
        return int(self.session.objects.first[index]) + 1

    def make(self, index: int) -> Row:
        """One buffer as of the moment."""
        session = self.session
        vmid, counter = halves(session, index) if is_vdmabuf(session, index) else (None, None)
        life = lives(session).at(index, self.at)
        pages, length = self._extent(index, life.export_row)
        found = evidence(session)
        return {
            "buffer": buffer_name(session, index),
            "id": buffer_id(session, index),
            "vmid": vmid,
            "counter": counter,
            "key": buffer_key(session, index),
            "state": state_name(life.state),
            "age_ns": self._age(index, life.state),
            "exports": life.exports,
            "first_seq": self.row_seq(index),
            "last_seq": life.last_row + 1 if life.last_row >= 0 else None,
            "pages": pages,
            "bytes": length,
            "presumed": bool(session.objects.presumed[index]),
            "findings": sorted({found.rule(i).code for i in found.of_buffer(index, self.at)}),
        }

    def _age(self, index: int, state: int) -> int | None:
        """How long a live buffer has been live, in nanoseconds."""
        if not live_mask()[state]:
            return None
        return self.moment.time_ns - int(self.session.events.time_ns[self.session.objects.first[index]])

    def _extent(self, index: int, row: int) -> tuple[int | None, int | None]:
        """(pages, bytes) as the latest export says, or as what its protocol knows of where it is."""
        held = held_of(self.session, index, self.at)
        if held is not None:
            return extent_of(held) if held.runs else (None, None)
        if row < 0 or declared_device(self.session, row) is not None:
            return None, None
        base = dialect_of(self.session, row).op_offset
        data = message_of(self.session, row)[base + 16 : base + 28]
        if len(data) < 12:
            return None, None
        pages, first, last = (int.from_bytes(data[i : i + 4], "little", signed=True) for i in (0, 4, 8))
        return pages, pages * 4096 - first - 4096 + last if pages > 0 else 0
