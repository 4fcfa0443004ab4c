"""The fields of buffers, as of a moment."""

from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.views.filter.fields import BYTES, LOOKUP, Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Duration, Number, Size
from vdmabuf_inspect.views.filter.rows import Rows, event_column
from vdmabuf_inspect.views.filter.tables.identity import NAME, PARTS, PRESUMED
from vdmabuf_inspect.views.filter.tables.judgement import ABOUT_BUFFER, JUDGED, any_finding
from vdmabuf_inspect.views.filter.tables.vocabulary import STATES
from vdmabuf_inspect.views.filter.wire import Wire


class BufferRows(Rows):
    """Rows of the object log."""

    @cached_property
    def wire(self) -> Wire:
        """The latest exports."""
        return Wire(self.session, self.moment.export_row[self.index])

    @cached_property
    def first(self) -> Array:
        """int32[n]: the event at which each was first seen."""
        return np.asarray(self.session.objects.first[self.index])


def _age(rows: BufferRows) -> Values:
    began = event_column(rows.session, "time_ns", rows.first)
    return Values(rows.moment.time_ns - began, live_mask()[rows.moment.states[rows.index]])


def _last(rows: BufferRows) -> Values:
    row = rows.moment.last_row[rows.index]
    return Values(row + 1, row >= 0)


_FIELDS = by_name(
    NAME,
    *PARTS,
    Field("state", STATES, "where it is", lambda r: Values(r.moment.states[r.index]), LOOKUP, searched=True),
    Field("age", Duration(), "how long a live buffer has been shared", _age, LOOKUP),
    Field("exports", Number(), "how often it was exported", lambda r: Values(r.moment.exports[r.index]), LOOKUP),
    Field("first_seq", Number(), "sequence number at which it was first seen", lambda r: Values(r.first + 1)),
    Field("last_seq", Number(), "sequence number of its latest change of state", _last, LOOKUP),
    Field("pages", Number(), "pages, as its latest export says", lambda r: r.wire.export_word("pages", "i4"), BYTES),
    Field("bytes", Size(), "bytes, as its latest export says", lambda r: r.wire.extent(), BYTES),
    PRESUMED,
    Field("finding", Boolean(), "whether a rule fired about it", any_finding(ABOUT_BUFFER), LOOKUP),
    *lifted(JUDGED, ABOUT_BUFFER),
)

BUFFERS = Table(
    "buffers",
    lambda session, start, stop, seq: BufferRows(session, slice(start, stop), seq),
    _FIELDS,
    {"age_ns": "age"} | {f"buffer.{name}": name for name in ("vmid", "counter", "id", "key", "state", "exports")},
)
