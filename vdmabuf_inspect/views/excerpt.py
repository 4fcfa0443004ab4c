"""A stretch of a session as a capture of its own: cut between two looks, with the state at its beginning."""

from collections.abc import Iterator
from dataclasses import replace

from vdmabuf_inspect.capture.prologue import Prologue
from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.session import Session


def back_by_bytes(session: Session, row: int, count: int) -> int:
    """The first event row within `count` bytes of the capture before an event."""
    offset = session.events.offset
    return place(offset[: row + 1], int(offset[row]) - count)


def back_by_time(session: Session, row: int, span_ns: int) -> int:
    """The first event row within so many nanoseconds before an event."""
    times = session.events.time_ns
    return place(times[: row + 1], int(times[row]) - span_ns)


def look_begin(session: Session, row: int) -> int:
    """The first event row of the look that an event is of: events of one time."""
    times = session.events.time_ns
    while row > 0 and times[row - 1] == times[row]:
        row -= 1
    return row


def excerpt(session: Session, first: int, notes: dict[int, str]) -> Iterator[Record]:
    """The records from event row `first` on, after those that say what there was before; with notes by event row."""
    prologue = Prologue()
    for row in range(first):
        prologue.remember(session.record(row))
    if first:
        yield from prologue.records(int(session.events.time_ns[first]))
    for row in range(first, len(session.events)):
        record = session.record(row)
        yield replace(record, comment=notes[row]) if row in notes else record
