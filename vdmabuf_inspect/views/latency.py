"""How long it took: from a request to its answer or return, from a buffer's export to its release."""

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.detail import message_number
from vdmabuf_inspect.views.names import is_vdmabuf


def begun_at(session: Session, row: int) -> int:
    """The event that began what ends at `row`: the export of the buffer that is released there, or the request whose
    chain comes back; -1 where there is none, and for a receive buffer.
    """
    if session.events.kind[row] != EventKind.USED:
        return -1
    begun = _export_of(session, row)
    return begun if begun >= 0 else _request_of(session, row)


def ended_at(session: Session, row: int) -> int:
    """The event at which the chain that is offered at `row` came back; -1 where it has not, or none is offered."""
    chain = int(session.events.chain[row])
    if session.events.kind[row] != EventKind.AVAILABLE or chain < 0:
        return -1
    return int(session.chains.used[chain])


def took_ns(session: Session, row: int) -> int | None:
    """How long what begins or ends at `row` took; None where that is not known, or not yet."""
    if (other := ended_at(session, row)) < 0 and (other := begun_at(session, row)) < 0:
        return None
    times = session.events.time_ns
    return int(times[max(row, other)] - times[min(row, other)])


def _export_of(session: Session, row: int) -> int:
    """The event at which the buffer that is released here was shared last, -1 where there is none."""
    number = message_number(session, row)
    target = int(session.messages.object[number]) if number >= 0 else -1
    return -1 if target < 0 or not is_vdmabuf(session, target) else lives(session).at(target, row).export_row


def _request_of(session: Session, row: int) -> int:
    """The event at which the chain was offered, -1 for a receive buffer and where it was not seen."""
    chain = int(session.events.chain[row])
    offered = int(session.chains.available[chain]) if chain >= 0 else -1
    return offered if offered >= 0 and session.record(offered).readable else -1
