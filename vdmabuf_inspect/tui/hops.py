"""Where to jump from an event: to the next finding, to the same buffer's next event. Pure queries on the logs."""

from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.detail import message_number
from vdmabuf_inspect.views.evidence import evidence


def nearest(rows: Array, row: int, step: int) -> int | None:
    """The nearest of `rows` after (`step` 1) or before (-1) `row`; None when there is none. Any order."""
    there = rows[rows > row] if step > 0 else rows[rows < row]
    if not len(there):
        return None
    return int(there.min() if step > 0 else there.max())


def finding(session: Session, seq: int, step: int, end: int) -> int | None:
    """The sequence number of the next or previous event with a finding, up to `end`."""
    rows = evidence(session).rows
    number = place(rows, seq) if step > 0 else place(rows, seq - 1) - 1
    if not 0 <= number < len(rows) or not 0 <= rows[number] < end:
        return None
    return int(rows[number]) + 1


def message(session: Session, seq: int, step: int, end: int) -> int | None:
    """The sequence number of the next or previous message, up to `end`."""
    rows = session.messages.row
    number = place(rows, seq) if step > 0 else place(rows, seq - 1) - 1
    if not 0 <= number < len(rows) or rows[number] >= end:
        return None
    return int(rows[number]) + 1


def same_buffer(session: Session, number: int, seq: int, step: int, end: int) -> int | None:
    """The sequence number of the buffer's next or previous message or change of state, up to `end`."""
    if number < 0:
        return None
    found = nearest(lives(session).events(number, end), seq - 1, step)
    return None if found is None else found + 1


def buffer_of(session: Session, seq: int) -> int:
    """The buffer that an event is about, -1 for none: its message's, or that of the chain that came back."""
    row = seq - 1
    number = message_number(session, row)
    if number >= 0:
        return int(session.messages.object[number])
    log = session.transitions
    step = place(log.row, row)
    if step < len(log) and int(log.row[step]) == row:
        return int(log.object[step])
    return -1


def message_at(session: Session, seq: int, chosen: Array | None = None) -> int:
    """The sequence number of the last message at or before `seq`, of the chosen ones where there are such; `seq` itself
    when there is none. chosen: int64[k], indices of messages, ascending.
    """
    rows = session.messages.row
    number = place(rows, seq)
    before = 0 if chosen is None else place(chosen, number)
    if chosen is not None and before:
        return int(rows[int(chosen[before - 1])]) + 1
    return int(rows[number - 1]) + 1 if number else seq
