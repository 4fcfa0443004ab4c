"""The fields of chains."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.views.chains import OUTSTANDING, PRESUMED, USED, problem_names
from vdmabuf_inspect.views.filter.fields import LOOKUP, Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Duration, Number, Size
from vdmabuf_inspect.views.filter.kinds.texts import Choice, Text
from vdmabuf_inspect.views.filter.rows import Rows, event_column, header
from vdmabuf_inspect.views.filter.tables.events import placed
from vdmabuf_inspect.views.filter.tables.history import latency
from vdmabuf_inspect.views.filter.tables.judgement import JUDGED, any_finding, to_findings


class ChainRows(Rows):
    """Rows of the chain log."""

    @cached_property
    def available(self) -> Array:
        """int32[n]: event rows, -1 where nobody saw it being made available."""
        return np.asarray(self.session.chains.available[self.index])

    @cached_property
    def used(self) -> Array:
        """int32[n]: event rows, -1 where it is not back yet."""
        used = self.session.chains.used[self.index]
        return np.where(used < self.seq, used, -1)

    @cached_property
    def first(self) -> Array:
        """int32[n]: the event at which it was first seen."""
        return np.where(self.available >= 0, self.available, self.session.chains.used[self.index])


def _first(name: str) -> Callable[[ChainRows], Values]:
    return lambda rows: Values(header(rows.session, name, rows.first))


def _back(name: str) -> Callable[[ChainRows], Values]:
    return lambda rows: Values(header(rows.session, name, rows.used), rows.used >= 0)


def _queue(rows: ChainRows) -> Array:
    return event_column(rows.session, "qid", rows.first)


def _kind(rows: ChainRows) -> Values:
    return Values((header(rows.session, "flags", rows.first) & EventFlag.INDIRECT) != 0)


def _state(rows: ChainRows) -> Values:
    """Places in _STATES, as the view of chains says it."""
    stale = (header(rows.session, "flags", rows.first) & EventFlag.STALE) != 0
    waiting = np.where(stale, 2, 0)
    return Values(np.where(rows.available < 0, 2, np.where(rows.used >= 0, 1, waiting)))


def _problem(rows: ChainRows) -> Values:
    """Each combination of problems is a code."""
    bits = header(rows.session, "problems", rows.first)
    bits |= np.where(rows.used >= 0, header(rows.session, "problems", rows.used), 0)
    known, codes = np.unique(bits, return_inverse=True)
    return Values(codes, bits != 0, [tuple(problem_names(int(b)).split(", ")) for b in known])


def _shortened(rows: ChainRows) -> Values:
    last = np.where(rows.used >= 0, rows.used, rows.first)
    flags = header(rows.session, "flags", rows.first) | header(rows.session, "flags", last)
    return Values((flags & EventFlag.SHORTENED) != 0)


def _latency(rows: ChainRows) -> Values:
    return latency(rows.session, rows.numbers, rows.seq)


_STATES = ((OUTSTANDING,), (USED,), (PRESUMED,))
_FINDINGS = to_findings(lambda r: (r.available, r.used))
_FIELDS = by_name(
    *placed(lambda r: r.first, _queue),
    Field("head", Number(), "head descriptor", _first("head"), LOOKUP),
    Field("kind", Choice("kind", lambda: (("direct",), ("indirect",))), "where its descriptors stand", _kind, LOOKUP),
    Field("state", Choice("state", lambda: _STATES), "outstanding, used, or presumed to have been made available",
          _state, LOOKUP, searched=True),
    Field("descriptors", Number(), "how many descriptors", _first("chain_length"), LOOKUP),
    Field("readable", Size(), "device-readable bytes", _first("readable"), LOOKUP),
    Field("writable", Size(), "device-writable bytes", _first("writable"), LOOKUP),
    Field("used_len", Size(), "bytes that the device says it wrote", _back("used_len"), LOOKUP),
    Field("latency", Duration(), "from available to used", _latency, LOOKUP),
    Field("shortened", Boolean(), "its bytes were cut at the snap length", _shortened, LOOKUP),
    Field("problem", Text(), "what is wrong with it, such as loop", _problem, LOOKUP, searched=True),
    Field("finding", Boolean(), "whether a rule fired at it", any_finding(_FINDINGS), LOOKUP),
    *lifted(JUDGED, _FINDINGS),
)  # fmt: skip

CHAINS = Table(
    "chains",
    lambda session, start, stop, seq: ChainRows(session, slice(start, stop), seq),
    _FIELDS,
    {"latency_ns": "latency"},
)
