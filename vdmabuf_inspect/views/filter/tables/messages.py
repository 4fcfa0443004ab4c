"""The fields of messages."""

from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import FROM_DEVICE, UNTRUSTED, WHOLE
from vdmabuf_inspect.views.filter.fields import BYTES, LOOKUP, Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Duration, Number, Size
from vdmabuf_inspect.views.filter.kinds.texts import Text
from vdmabuf_inspect.views.filter.rows import Rows, event_column, header
from vdmabuf_inspect.views.filter.tables.events import placed
from vdmabuf_inspect.views.filter.tables.history import exports_so_far, latency, state_after
from vdmabuf_inspect.views.filter.tables.identity import NAME, PARTS, PRESUMED, to_buffers
from vdmabuf_inspect.views.filter.tables.judgement import JUDGED, any_finding, to_findings
from vdmabuf_inspect.views.filter.tables.vocabulary import CARRIERS, COMMANDS, DIRECTIONS, STATES
from vdmabuf_inspect.views.filter.wire import Wire


class MessageRows(Rows):
    """Rows of the message log."""

    @cached_property
    def event(self) -> Array:
        """int32[n]: event rows."""
        return np.asarray(self.session.messages.row[self.index])

    @cached_property
    def object(self) -> Array:
        """int32[n]: buffers, -1 for none."""
        return np.asarray(self.session.messages.object[self.index])

    @cached_property
    def flags(self) -> Array:
        """uint8[n]."""
        return np.asarray(self.session.messages.flags[self.index])

    @cached_property
    def wire(self) -> Wire:
        """The messages' bytes."""
        return Wire(self.session, self.event)

    @cached_property
    def exports(self) -> Wire:
        """The bytes of those that are exports."""
        export = self.session.messages.op[self.index] == Op.EXPORT
        return Wire(self.session, np.where(export, self.event, -1))


def _queue(rows: MessageRows) -> Array:
    return event_column(rows.session, "qid", rows.event)


def _flag(bit: int) -> Field:
    name, doc = {
        UNTRUSTED: ("stale", "the bytes may belong to a later use of the same memory"),
        WHOLE: ("whole", "it has the dialect's size and was captured to its end"),
    }[bit]
    return Field(name, Boolean(), doc, lambda r: Values((r.flags & bit) != 0))


def _shortened(rows: MessageRows) -> Values:
    return Values((header(rows.session, "flags", rows.event) & EventFlag.SHORTENED) != 0)


def _direction(rows: MessageRows) -> Values:
    return Values((rows.flags & FROM_DEVICE) != 0)


def _kind(rows: MessageRows) -> Values:
    return Values(event_column(rows.session, "kind", rows.event))


def _state(rows: MessageRows) -> Values:
    return state_after(rows.session, rows.event, rows.object)


def _exports(rows: MessageRows) -> Values:
    return exports_so_far(rows.session, rows.numbers)


def _latency(rows: MessageRows) -> Values:
    return latency(rows.session, event_column(rows.session, "chain", rows.event), rows.seq)


def _size(rows: MessageRows) -> Values:
    return rows.wire.gather(lambda m: m.size, lambda m: np.ones(len(m), bool), np.int64)


def _number(rows: MessageRows) -> Values:
    return rows.wire.gather(lambda m: m.command, lambda m: m.kept >= m.dialect.op_offset, np.uint32)


def _announced(rows: MessageRows) -> Values:
    return rows.wire.gather(lambda m: m.word("id.low"), lambda m: m.is_op(Op.NEED_VMID) & m.from_device, np.uint32)


def _word(name: str, doc: str, path: str = "", dtype: str = "u4") -> Field:
    kind = Size() if name in ("private.size", "first_offset", "last_length", "private.stride") else Number()
    return Field(name, kind, doc, lambda r: r.exports.export_word(path or name, dtype), BYTES)


_BUFFERS = to_buffers(lambda r: r.object)
_FINDINGS = to_findings(lambda r: (r.event,))
_FIELDS = by_name(
    *placed(lambda r: r.event, _queue),
    Field("direction", DIRECTIONS, "which way it goes", _direction),
    Field("cmd", COMMANDS, "command, by its name in the specification",
          lambda r: Values(r.session.messages.op[r.index]),
          searched=True),
    Field("cmd.number", Number(), "command, as its number on the wire", _number, BYTES),
    Field("kind", CARRIERS,
          "the ring event that carries it", _kind),
    Field("head", Number(), "head descriptor of its chain",
          lambda r: Values(header(r.session, "head", r.event)), LOOKUP),
    Field("latency", Duration(), "from its chain's being available to being used", _latency, LOOKUP),
    Field("size", Size(), "bytes of the message", _size, BYTES),
    Field("shortened", Boolean(), "its bytes were cut at the snap length", _shortened, LOOKUP),
    _flag(WHOLE),
    _flag(UNTRUSTED),
    *lifted((NAME,), _BUFFERS),
    *lifted(PARTS, _BUFFERS, "buffer."),
    Field("state", STATES, "its buffer's state after it", _state, LOOKUP),
    Field("exports", Number(), "how often its buffer was exported so far", _exports, LOOKUP),
    *lifted((PRESUMED,), _BUFFERS),
    Field("vmid", Number(), "VM ID that a NEED_VMID answer announces", _announced, BYTES),
    _word("pages", "pages that an EXPORT names"),
    Field("bytes", Size(), "bytes that an EXPORT shares", lambda r: r.exports.extent(), BYTES),
    _word("first_offset", "where the data begins in the first page"),
    _word("last_length", "bytes of data in the last page"),
    _word("reference", "guest-physical address of the page references", dtype="u8"),
    Field("private", Text(), "private data of an EXPORT, a character a byte", lambda r: r.exports.private(), BYTES),
    _word("private.size", "bytes of private data", "private_size"),
    _word("private.width", "picture's width in pixels"),
    _word("private.height", "picture's height in pixels"),
    _word("private.stride", "picture's bytes a line"),
    Field("private.fourcc", Text(), 'picture\'s DRM format, such as "XR24"', lambda r: r.exports.fourcc(), BYTES),
    _word("private.modifier", "picture's DRM modifier", dtype="u8"),
    Field("finding", Boolean(), "whether a rule fired at it", any_finding(_FINDINGS), LOOKUP),
    *lifted(JUDGED, _FINDINGS),
)  # fmt: skip

MESSAGES = Table(
    "messages",
    lambda session, start, stop, seq: MessageRows(session, slice(start, stop), seq),
    _FIELDS,
    {"command": "cmd", "buffer.state": "state", "buffer.exports": "exports", "id": "buffer.id", "key": "buffer.key",
     "counter": "buffer.counter", "private_size": "private.size", "latency_ns": "latency", "time_ns": "time"},
)  # fmt: skip
