"""The fields of rings: few rows, read as the view of rings shows them."""

from functools import cached_property
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.fields import Field, Table, by_name
from vdmabuf_inspect.views.filter.kinds.base import Kind, Values
from vdmabuf_inspect.views.filter.kinds.quantities import Number
from vdmabuf_inspect.views.filter.kinds.texts import Text
from vdmabuf_inspect.views.filter.rows import Rows
from vdmabuf_inspect.views.filter.tables.events import device_words, queue_words
from vdmabuf_inspect.views.rings import RingsView


class RingRows(Rows):
    """Virtqueues by their place among them."""

    @cached_property
    def qids(self) -> Array:
        """int64[n]: the session's numbers of the queues."""
        return np.array([queue.qid for queue in self.session.queues.rings], np.int64)[self.numbers]

    @cached_property
    def shown(self) -> list[dict[str, Any]]:
        """The view's rows."""
        view = RingsView(self.session, self.seq)
        return [dict(view.make(int(i))) for i in self.numbers]


def _shown(name: str, doc: str, kind: Kind | None = None) -> Field:
    def get(rows: RingRows) -> Values:
        found = [row[name] for row in rows.shown]
        numbers = [int(v, 16) if isinstance(v, str) else v or 0 for v in found]
        return Values(np.array(numbers, np.uint64), np.array([v is not None for v in found], bool))

    return Field(name, kind or Number(), doc, get)


def _features(rows: RingRows) -> Values:
    return Values(np.arange(len(rows)), None, [tuple(row["features"]) or ("",) for row in rows.shown])


def _kind(rows: RingRows) -> Values:
    return Values(np.arange(len(rows)), None, [(row["kind"],) for row in rows.shown])


def _heard(rows: RingRows) -> Values:
    return Values(np.arange(len(rows)), None, [tuple(row["heard"]) or ("",) for row in rows.shown])


def _waiting(rows: RingRows) -> Values:
    movers = [row["waiting"]["to_move"] if row["waiting"] else "" for row in rows.shown]
    there = np.array([bool(mover) for mover in movers], bool)
    return Values(np.arange(len(rows)), there, [(mover,) for mover in movers])


RINGS = Table(
    "rings",
    lambda session, start, stop, seq: RingRows(session, slice(start, stop), seq),
    by_name(
        Field("queue", Text(), "queue, with or without its device",
              lambda r: Values(r.qids, None, queue_words(r.session)), searched=True),
        Field("device", Text(), "device, by name or number",
              lambda r: Values(r.qids, None, device_words(r.session)), searched=True),
        _shown("index", "number of the queue in its device"),
        Field("kind", Text(), "split or packed", _kind, searched=True),
        _shown("size", "descriptors"),
        *(_shown(name, f"guest-physical address of the {what}") for name, what in
          (("desc", "descriptor table"), ("avail", "available ring"), ("used", "used ring"))),
        _shown("avail_idx", "the driver's free-running index"),
        _shown("used_idx", "the device's free-running index"),
        _shown("in_flight", "chains that the device has"),
        _shown("missed", "events that nobody saw"),
        _shown("polls", "looks at the ring since it was set up"),
        _shown("torn", "readings that were repeated or distrusted because the ring moved"),
        _shown("ambiguous", "stretches of which not even the number of entries is known"),
        _shown("kicks", "kicks that were noticed"),
        _shown("calls", "calls that were noticed"),
        Field("heard", Text(), "notifications that can be noticed: kicks, calls", _heard),
        Field("waiting", Text(), "who is to move where nothing does: driver, device", _waiting, searched=True),
        _shown("epoch", "how often it had been set up; a pause is none"),
        Field("features", Text(), "negotiated features, such as EVENT_IDX", _features, searched=True),
    ),
)  # fmt: skip
