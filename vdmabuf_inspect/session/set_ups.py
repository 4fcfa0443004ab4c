"""Queues that begin, pause, go on and end: what each means for everything that is known of their chains."""

import numpy as np

from vdmabuf_inspect.model.columns import distinct
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice
from vdmabuf_inspect.rules.runner import Runner
from vdmabuf_inspect.session.clocks import Clocks
from vdmabuf_inspect.session.queues import Epoch
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.pairing import Pairing
from vdmabuf_inspect.track.turns import Turns

_ENDED = EventFlag.BOUNDARY | EventFlag.CLOSED


class SetUps:
    """A queue that paused keeps its chains until it begins anew, is closed, or its session ends."""

    def __init__(self, session: Session, runner: Runner, clocks: Clocks, pairing: Pairing, turns: Turns) -> None:
        self._session = session
        self._runner = runner
        self._clocks = clocks
        self._pairing = pairing
        self._turns = turns

    def stop(self, qid: int, row: int, paused: bool) -> None:
        """A STOP event, `paused` when the queue may go on from there."""
        if len(self._session.events) and (paused or len(self._pairing.outstanding(qid))):
            self.judge()
        if not paused:
            self._lose(qid, row)
        self._session.queues.stop(qid, row, paused)

    def resume(self, events: Events) -> bool:
        """Whether the START event at the front is that of a queue which goes on; where it is none, it is not so marked.

        A file that was cut may begin with one that does.
        """
        qid, row, flag = int(events.qid[0]), int(events.row[0]), np.uint16(EventFlag.PAUSED)
        queue = self._session.queues.queues[qid]
        if not events.flags[0] & flag or not queue.paused:
            events.flags[0] &= ~flag
            return False
        self._session.queues.resume(qid, row)
        self._clocks.resume(qid, int(events.time_ns[0]))
        device = self._session.devices.get(queue.device)
        if isinstance(device, VdmabufDevice):
            device.resume(int(events.time_ns[0]))
        return True

    def end(self, qid: int) -> bool:
        """A queue begins anew, so it does not go on; whether all queues of its device had stopped, which ends them."""
        table, queue = self._session.queues, self._session.queues.queues[qid]
        mine = [q for q in table.of_device(queue.device) if q.epochs]
        again = bool(queue.epochs) and all(q.stopped for q in mine)
        for each in mine:
            if each.paused and (again or each is queue):
                self._end(each.qid)
        return again

    def start(self, qid: int, row: int, record: Record) -> Epoch:
        """A queue begins: nothing is outstanding."""
        epoch = self._session.queues.start(qid, row, record)
        self._pairing.forget(qid)
        self._turns.forget(qid)
        self._clocks.start(qid)
        return epoch

    def note(self, events: Events) -> None:
        """The end of a connection is the end of all that had paused."""
        over = events.of(EventKind.CONTROL) & ((events.flags & _ENDED) == _ENDED)
        for device in distinct(events.device[over]).tolist() if over.any() else ():
            for queue in self._session.queues.of_device(device):
                if queue.paused:
                    self._end(queue.qid)

    def judge(self) -> None:
        """What the clock tells of a life that ends here, in whatever batches it came."""
        self._clocks.judge(self._runner, int(self._session.events.time_ns[-1]))

    def _end(self, qid: int) -> None:
        queue = self._session.queues.queues[qid]
        self._lose(qid, queue.stops[-1])
        queue.paused = False

    def _lose(self, qid: int, row: int) -> None:
        self._clocks.lose(qid, row)
        self._pairing.forget(qid)
        self._turns.forget(qid)
