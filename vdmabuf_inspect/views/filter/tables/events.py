"""What every table has whose rows stand at an event: when, and on which queue."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.fields import Field
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Number, Time
from vdmabuf_inspect.views.filter.kinds.texts import Text
from vdmabuf_inspect.views.filter.rows import Rows, event_column

RowsOf = Callable[[Any], Array]


def queue_words(session: Session) -> list[tuple[str, ...]]:
    """What each queue may be called: `vdmabuf0/send` or `send`."""
    return [(q.name, q.name.rpartition("/")[2]) for q in session.queues.queues]


def device_words(session: Session) -> list[tuple[str, ...]]:
    """What each queue's device may be called: its name or its number."""
    return [tuple(dict.fromkeys((q.name.rpartition("/")[0], str(q.device)))) for q in session.queues.queues]


def time_at(event_row: RowsOf) -> Callable[[Rows], Values]:
    """Getter of the time of an event."""

    def get(rows: Rows) -> Values:
        at = event_row(rows)
        return Values(event_column(rows.session, "time_ns", at), at >= 0, origin=rows.origin)

    return get


def placed(event_row: RowsOf, queue: RowsOf) -> tuple[Field, ...]:
    """seq, time, queue and device; `event_row` and `queue` give event rows and queue numbers, negative for none."""

    def seq(rows: Rows) -> Values:
        at = event_row(rows)
        return Values(at.astype(np.int64) + 1, at >= 0)

    def named(words: Callable[[Session], list[tuple[str, ...]]]) -> Callable[[Rows], Values]:
        def get(rows: Rows) -> Values:
            numbers = queue(rows).astype(np.int64)
            return Values(numbers, numbers >= 0, words(rows.session))

        return get

    return (
        Field("seq", Number(), "sequence number of the event (Wireshark's frame number)", seq),
        Field("time", Time(), "since the first event (1.2s), or a date and time", time_at(event_row)),
        Field("queue", Text(), "queue, with or without its device", named(queue_words), searched=True),
        Field("device", Text(), "device, by name or number", named(device_words)),
    )
