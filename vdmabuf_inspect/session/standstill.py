"""Queues that have stood still for too long, for the clock rules: looked for only where one can be."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct, place
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.stalls import stall
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.stall import Stall, Wait

_PAST = 4
"""Chains that came back late of which it is looked up, a batch, what they had waited for."""
_SILENCES = 64
"""Times in which a queue stood still and went on of which it is looked up, a batch, whether a call was missing."""


class Standstill:
    """When each queue last moved."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._moved: dict[int, int] = {}
        self._judged: dict[int, int] = {}
        self._silent: list[tuple[int, int]] = []
        """(queue number, when it had stood still for too long) of queues that went on in this batch."""

    def note(self, events: Events) -> None:
        """A batch."""
        limit, moves = self._session.settings.stuck_after_ns, ~events.of(EventKind.COUNTS)
        self._silent.clear()
        for qid in distinct(events.qid[moves]).tolist():
            times = events.time_ns[moves & (events.qid == qid)]
            before = np.concatenate([[self._moved.get(qid, times[0])], times[:-1]])
            self._silent += [(qid, int(begin) + limit) for begin in before[times - before > limit]]
            self._moved[qid] = int(times[-1])

    def stalls(self, now_ns: int, waiting: dict[int, Array], late: Array) -> list[Stall]:
        """Stalls longer than the session's limit: `waiting` are chains outstanding by queue, `late` came back late."""
        session, limit = self._session, self._session.settings.stuck_after_ns
        found = [self._then(int(chain)) for chain in late[:_PAST]]
        found += [self._uncalled(*silence) for silence in self._silent[:_SILENCES]]
        for queue in session.queues.rings:
            if not queue.stopped and self._may(queue.qid, now_ns, waiting.get(queue.qid)):
                found.append(stall(RingState(session, queue, session.seq), now_ns, limit))
        return [each for each in found if each is not None]

    def _uncalled(self, qid: int, then: int) -> Stall | None:
        """What a queue waited for at a time that is over, if it was a call."""
        session, queue = self._session, self._session.queues.queues[qid]
        ring = RingState(session, queue, place(session.events.time_ns, then + 1))
        found = stall(ring, then, session.settings.stuck_after_ns)
        return found if found is not None and found.wait is Wait.CALL else None

    def _may(self, qid: int, now_ns: int, waiting: Array | None) -> bool:
        """Whether a request has been out for long, or nothing has happened for long that was not judged before."""
        session, limit = self._session, self._session.settings.stuck_after_ns
        if waiting is not None and len(waiting):
            return now_ns - int(session.events.time_ns[session.chains.available[waiting[0]]]) >= limit
        moved = self._moved.get(qid, now_ns)
        if now_ns - moved < limit or self._judged.get(qid) == moved:
            return False
        self._judged[qid] = moved
        return True

    def _then(self, chain: int) -> Stall | None:
        """What a chain that came back late waited for when it had become late."""
        session, limit = self._session, self._session.settings.stuck_after_ns
        row = int(session.chains.available[chain])
        queue = session.queues.queues[int(session.events.qid[row])]
        since = max([row, *queue.resumes[-1:]])
        then = int(session.events.time_ns[since]) + limit
        return stall(RingState(session, queue, place(session.events.time_ns, then + 1)), then, limit)
