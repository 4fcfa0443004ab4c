"""Where the notifications of one look belong among its ring events."""

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record


def with_notices(records: list[Record], queue: int, kicks: int, calls: int, now_ns: int) -> list[Record]:
    """KICK after the first chains made available in this look and before they come back, CALL at the end.

    A look sees what happened since the last one, not in which order; this is the order in which drivers and
    devices do it.
    """
    told = list(records)
    if kicks:
        told.insert(_after_available(records), Record(EventKind.KICK, now_ns, queue=queue, count=kicks))
    if calls:
        told.append(Record(EventKind.CALL, now_ns, queue=queue, count=calls))
    return told


def _after_available(records: list[Record]) -> int:
    """Behind the first run of AVAILABLE records; at the front when there is none."""
    first = next((i for i, r in enumerate(records) if r.kind is EventKind.AVAILABLE), None)
    if first is None:
        return 0
    rest = (i for i, r in enumerate(records[first:], first) if r.kind is not EventKind.AVAILABLE)
    return next(rest, len(records))
