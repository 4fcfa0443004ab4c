"""The fields of buffers, as of a moment."""

from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.views.contents import extent_of, held_of
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


def _pages(rows: BufferRows) -> Values:
    return _or_held(rows, rows.wire.export_word("pages", "i4"), 0)


def _bytes(rows: BufferRows) -> Values:
    return _or_held(rows, rows.wire.extent(), 1)


def _or_held(rows: BufferRows, said: Values, part: int) -> Values:
    """What exports say, and of objects of other protocols what those know: their pages (0) or bytes (1)."""
    devices = [n for n, d in [*rows.session.devices.items()] if isinstance(d, DeclaredDevice) and d.protocol.contents]
    numbers = np.arange(len(rows.session.objects))[rows.index]
    data, present = said.data.astype(np.int64), said.there.copy()
    for place in np.flatnonzero(np.isin(rows.session.objects.device[numbers], devices)).tolist():
        held = held_of(rows.session, int(numbers[place]), rows.moment.seq)
        if held is not None and held.runs:
            data[place], present[place] = extent_of(held)[part], True
    return Values(data, present)


_FIELDS = by_name(
    NAME,
    *PARTS,
    Field("state", STATES, "where it is", lambda r: Values(r.moment.states[r.index]), LOOKUP, searched=True),
    Field("age", Duration(), "how long a live buffer has been shared", _age, LOOKUP),
    Field("exports", Number(), "how often it was exported", lambda r: Values(r.moment.exports[r.index]), LOOKUP),
    Field("first_seq", Number(), "sequence number at which it was first seen", lambda r: Values(r.first + 1)),
    Field("last_seq", Number(), "sequence number of its latest change of state", _last, LOOKUP),
    Field("pages", Number(), "pages, as its latest export or backing says", _pages, BYTES),
    Field("bytes", Size(), "bytes, as its latest export or backing says", _bytes, BYTES),
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
