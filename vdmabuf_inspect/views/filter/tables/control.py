"""The fields of the control plane's messages."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.vhost_user.wire import request_name
from vdmabuf_inspect.views.control import TO_BACK_END, TO_FRONT_END
from vdmabuf_inspect.views.filter.fields import LOOKUP, Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Duration, Number, Size
from vdmabuf_inspect.views.filter.kinds.texts import Choice, Text
from vdmabuf_inspect.views.filter.rows import Rows, event_column, header
from vdmabuf_inspect.views.filter.tables.events import placed
from vdmabuf_inspect.views.filter.tables.judgement import JUDGED, any_finding, to_findings

_CHANNEL, _BOUNDARY = 1 << 16, 1 << 17


class ControlRows(Rows):
    """Rows of the control log."""

    @cached_property
    def event(self) -> Array:
        """int32[n]: event rows."""
        return np.asarray(self.session.control.row[self.index])

    @cached_property
    def other(self) -> Array:
        """int32[n]: event rows of the answer or of what is answered, -1 for none."""
        return np.asarray(self.session.control.other[self.index])

    @cached_property
    def marks(self) -> Array:
        """int64[n]: event flags."""
        return header(self.session, "flags", self.event)

    def marked(self, flag: EventFlag) -> Array:
        """bool[n]: whether a flag is set."""
        return np.asarray((self.marks & flag) != 0)

    @property
    def reply(self) -> Array:
        """bool[n]: answers."""
        odd = self.marked(EventFlag.BACK_END) ^ self.marked(EventFlag.BACK_CHANNEL)
        return np.asarray(odd & ~self.marked(EventFlag.BOUNDARY))


def _request(rows: ControlRows) -> Values:
    """Each request of each direction is a code."""
    code = header(rows.session, "head", rows.event)
    code += rows.marked(EventFlag.BACK_CHANNEL) * _CHANNEL
    boundary = rows.marked(EventFlag.BOUNDARY)
    code = np.where(boundary, _BOUNDARY + rows.marked(EventFlag.CLOSED), code)
    known, codes = np.unique(code, return_inverse=True)
    return Values(codes, None, [_names(int(c)) for c in known])


def _names(code: int) -> tuple[str, ...]:
    if code & _BOUNDARY:
        return ("CLOSED" if code & 1 else "CONNECTED",)
    return (request_name(code & 0xFFFF, bool(code & _CHANNEL)), str(code & 0xFFFF))


def _latency(rows: ControlRows) -> Values:
    there = rows.reply & (rows.other >= 0)
    time = event_column(rows.session, "time_ns", rows.event)
    return Values(time - event_column(rows.session, "time_ns", rows.other), there)


def _header(name: str) -> Callable[[ControlRows], Values]:
    return lambda rows: Values(header(rows.session, name, rows.event), ~rows.marked(EventFlag.BOUNDARY))


def _queue(rows: ControlRows) -> Array:
    return event_column(rows.session, "qid", rows.event)


_DIRECTIONS = ((TO_BACK_END,), (TO_FRONT_END,))
_FINDINGS = to_findings(lambda r: (r.event,))
_FIELDS = by_name(
    *placed(lambda r: r.event, _queue),
    Field("session", Number(), "number of the session, from 1",
          lambda r: Values(r.session.control.session[r.index].astype(np.int64))),
    Field("direction", Choice("direction", lambda: _DIRECTIONS), "which way it goes",
          lambda r: Values(r.marked(EventFlag.BACK_END).astype(np.int64)), LOOKUP),
    Field("channel", Boolean(), "whether it is on the back end's own channel",
          lambda r: Values(r.marked(EventFlag.BACK_CHANNEL)), LOOKUP),
    Field("request", Text(), "request by name or number; CONNECTED and CLOSED are no messages", _request, LOOKUP,
          searched=True),
    Field("reply", Boolean(), "whether it is an answer", lambda r: Values(r.reply), LOOKUP),
    Field("answered", Boolean(), "whether it is a request that was answered",
          lambda r: Values(~r.reply & (r.other >= 0)), LOOKUP),
    Field("latency", Duration(), "from the request to this answer", _latency, LOOKUP),
    Field("size", Size(), "bytes of payload", _header("count"), LOOKUP),
    Field("fds", Number(), "file descriptors that came with it", _header("event"), LOOKUP),
    Field("finding", Boolean(), "whether a rule fired at it", any_finding(_FINDINGS), LOOKUP),
    *lifted(JUDGED, _FINDINGS),
)  # fmt: skip

CONTROL = Table(
    "control",
    lambda session, start, stop, seq: ControlRows(session, slice(start, stop), seq),
    _FIELDS,
    {"latency_ns": "latency", "time_ns": "time"},
)
