"""The fields of messages."""

from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE
from vdmabuf_inspect.session.session import FROM_DEVICE, UNTRUSTED, WHOLE, Session
from vdmabuf_inspect.views.filter.fields import BYTES, LOOKUP, Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Duration, Number, Size
from vdmabuf_inspect.views.filter.kinds.texts import Choice, Text
from vdmabuf_inspect.views.filter.rows import Rows, event_column, header
from vdmabuf_inspect.views.filter.tables.events import placed
from vdmabuf_inspect.views.filter.tables.identity import NAME, PARTS, PRESUMED, to_buffers
from vdmabuf_inspect.views.filter.tables.judgement import JUDGED, any_finding, to_findings
from vdmabuf_inspect.views.filter.wire import Wire
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER

_ALSO = {Op.DMABUF_REL: ("RELEASE", "REL"), Op.NEED_VMID: ("VMID",)}
COMMANDS = tuple((op.name, *_ALSO.get(op, ())) for op in Op)
STATES = tuple((name,) for name in LIFECYCLE.states)
COMMAND = Choice("command", lambda: COMMANDS, zero=Op.UNKNOWN)
STATE = Choice("state", lambda: STATES, zero=0)


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


def _direction(rows: MessageRows) -> Values:
    return Values((rows.flags & FROM_DEVICE) != 0)


def _kind(rows: MessageRows) -> Values:
    return Values(event_column(rows.session, "kind", rows.event))


def _state(rows: MessageRows) -> Values:
    """The transition at a message's own event says its buffer's state after it."""
    log = rows.session.transitions
    if not len(log) or not len(rows):
        return Values(np.zeros(len(rows), np.uint8), np.zeros(len(rows), bool))
    low, high = np.searchsorted(log.row, [rows.event[0], rows.event[-1] + 1])
    table = np.zeros(int(rows.event[-1] - rows.event[0]) + 1, np.uint8)
    table[log.row[low:high] - rows.event[0]] = log.state[low:high]
    return Values(table[rows.event - rows.event[0]], rows.object >= 0)


def _exports(rows: MessageRows) -> Values:
    """How often the buffer was exported, up to and with each message."""
    log, numbers = rows.session.messages, rows.numbers
    if not len(numbers):
        return Values(np.zeros(0, np.int64))
    first, last = int(numbers[0]), int(numbers[-1]) + 1
    mine = marks_of_exports(rows.session, first)
    before = np.bincount(log.object[:first][mine], minlength=len(rows.session.objects) + 1)
    here, exported = log.object[first:last], marks_of_exports(rows.session, last)[first:]
    order = np.argsort(here, kind="stable")
    running = np.cumsum(exported[order])
    opens = np.r_[True, here[order][1:] != here[order][:-1]]
    start = np.maximum.accumulate(np.where(opens, running - exported[order], 0))
    count = np.empty(len(here), np.int64)
    count[order] = running - start
    return Values((count + before[here])[numbers - first], rows.object >= 0)


def marks_of_exports(session: Session, stop: int) -> Array:
    """bool[stop]: which of the first messages exported a buffer."""
    log = session.messages
    return np.asarray((log.op[:stop] == Op.EXPORT) & (log.object[:stop] >= 0))


def latency(session: Session, chain: Array, seq: int) -> Values:
    """int64[n]: nanoseconds from available to used of chains (-1 for none) that came back before `seq`."""
    log = session.chains
    if not len(log):
        return Values(np.zeros(len(chain), np.int64), np.zeros(len(chain), bool))
    made, back = log.available.take(chain, mode="clip"), log.used.take(chain, mode="clip")
    there = (chain >= 0) & (made >= 0) & (back >= 0) & (back < seq)
    return Values(event_column(session, "time_ns", back) - event_column(session, "time_ns", made), there)


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


_BUFFERS = to_buffers(lambda r: r.object)  # type: ignore[attr-defined]
_FINDINGS = to_findings(lambda r: (r.event,))  # type: ignore[attr-defined]
_FIELDS = by_name(
    *placed(lambda r: r.event, _queue),  # type: ignore[attr-defined, arg-type]
    Field("direction", Choice("direction", lambda: ((TO_DEVICE,), (TO_DRIVER,))), "which way it goes", _direction),
    Field("cmd", COMMAND, "command, by its name in the specification", lambda r: Values(r.session.messages.op[r.index]),
          searched=True),
    Field("cmd.number", Number(), "command, as its number on the wire", _number, BYTES),
    Field("kind", Choice("kind", lambda: (("available",), ("used",)), first=EventKind.AVAILABLE),
          "the ring event that carries it", _kind),
    Field("head", Number(), "head descriptor of its chain",
          lambda r: Values(header(r.session, "head", r.event)), LOOKUP),
    Field("latency", Duration(), "from its chain's being available to being used", _latency, LOOKUP),
    Field("size", Size(), "bytes of the message", _size, BYTES),
    _flag(WHOLE),
    _flag(UNTRUSTED),
    *lifted((NAME,), _BUFFERS),
    *lifted(PARTS, _BUFFERS, "buffer."),
    Field("state", STATE, "its buffer's state after it", _state, LOOKUP),
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
