"""Queues that have stood still for too long, for the clock rules: looked for only where one can be."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct, place
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.stalls import stall
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.stall import Stall

_PAST = 4
"""Chains that came back late of which it is looked up, a batch, what they had waited for."""


class Standstill:
    """When each queue last moved."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._moved: dict[int, int] = {}
        self._judged: dict[int, int] = {}

    def note(self, events: Events) -> None:
        """A batch."""
        for qid in distinct(events.qid).tolist():
            self._moved[qid] = int(events.time_ns[np.flatnonzero(events.qid == qid)[-1]])

    def stalls(self, now_ns: int, waiting: dict[int, Array], late: Array) -> list[Stall]:
        """Stalls longer than the session's limit: `waiting` are chains outstanding by queue, `late` came back late."""
        session, limit = self._session, self._session.settings.stuck_after_ns
        found = [self._then(int(chain)) for chain in late[:_PAST]]
        for queue in session.queues.rings:
            if not queue.stopped and self._may(queue.qid, now_ns, waiting.get(queue.qid)):
                found.append(stall(RingState(session, queue, session.seq), now_ns, limit))
        return [each for each in found if each is not None]

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
        then = int(session.events.time_ns[row]) + limit
        queue = session.queues.queues[int(session.events.qid[row])]
        return stall(RingState(session, queue, place(session.events.time_ns, then + 1)), then, limit)
