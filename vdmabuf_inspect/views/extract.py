"""A part of a session that is a capture of its own: the events that chosen messages need to be understood."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.session import Session

_FRAME = (EventKind.START, EventKind.STOP, EventKind.LOOK, EventKind.GAP, EventKind.CONTROL)
"""Events that stay for every device that anything stays of."""


def extract(session: Session, messages: Array) -> Array:
    """int64[k]: the event rows of these messages' chains, and of the set-up, end and gaps of their queues.

    messages: int64[n], rows of the message log.
    """
    rows = session.messages.row[messages]
    events = session.events.still()
    chains = distinct(events.chain[rows])
    keep = np.zeros(len(events), bool)
    keep[rows] = True
    keep |= np.isin(events.chain, chains[chains >= 0])
    queues = np.zeros(len(session.queues.queues), bool)
    for qid in distinct(events.qid[rows]):
        device = session.queues.queues[int(qid)].device
        queues[[q.qid for q in session.queues.queues if q.device == device]] = True
    keep |= queues[events.qid] & np.isin(events.kind, np.array(_FRAME, np.uint8))
    return np.flatnonzero(keep)


def records(session: Session, rows: Array, remark: str = "") -> Iterator[Record]:
    """The records of these events with their notes.

    Where events are left out no queue is called complete any more, and `remark` is noted at the first event.
    """
    whole, notes = len(rows) == len(session.events), session.remarked()
    for place, row in enumerate(rows.tolist()):
        record = session.record(row)
        comment = "\n".join(filter(None, ("" if place else remark, notes.get(row, ""))))
        flags = record.flags
        if not whole and record.kind is EventKind.START:
            flags &= ~EventFlag.COMPLETE
        yield replace(record, flags=flags, comment=comment)
