"""What only time or an ending can tell: chains that wait, that are lost, devices that never answer."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice
from vdmabuf_inspect.protocols.vdmabuf.state import DeviceClock
from vdmabuf_inspect.rules.registry import On, Standing
from vdmabuf_inspect.rules.runner import Runner
from vdmabuf_inspect.rules.time import Clock
from vdmabuf_inspect.session.queues import Queue
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.standstill import Standstill
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.kicks import Kicks
from vdmabuf_inspect.track.pairing import Pairing

_READABLE_WORD = 6


class Clocks:
    """Keeps the little that the clock rules need beside the logs."""

    def __init__(self, session: Session, pairing: Pairing) -> None:
        self.session = session
        self.pairing = pairing
        self.standstill = Standstill(session)
        self.kicks = Kicks()
        self.made: dict[int, int] = {}
        self.returned: dict[int, int] = {}
        self._slow: list[Array] = []
        self._lost: list[Standing] = []
        self._last_message: dict[int, int] = {}
        self._resumed: dict[int, int] = {}

    def start(self, qid: int) -> None:
        """A queue begins: nothing was made available or returned on it."""
        self.made[qid] = self.returned[qid] = 0
        self.kicks.start(qid)
        self._resumed.pop(qid, None)

    def resume(self, qid: int, now_ns: int) -> None:
        """A queue goes on after a pause: what is outstanding on it waits from now on."""
        self._resumed[qid] = now_ns
        self.kicks.start(qid)

    def note(self, events: Events) -> None:
        """Count a batch, and keep its chains that took too long."""
        for kind, counts in ((EventKind.AVAILABLE, self.made), (EventKind.USED, self.returned)):
            numbers = np.bincount(events.qid[events.of(kind)])
            for qid in np.flatnonzero(numbers):
                counts[int(qid)] = counts.get(int(qid), 0) + int(numbers[qid])
        self.standstill.note(events)
        self.kicks.note(events, *self._suppressing())
        used = np.flatnonzero(events.paired)
        chains = events.chain[used]
        since = self.session.events.time_ns[self.session.chains.available[chains]]
        if self._resumed:
            since = np.maximum(since, self._resumed_ns()[events.qid[used]])
        age = events.time_ns[used] - since
        self._slow.append(self._asking(chains[age > self.session.settings.stuck_after_ns]))
        for device in distinct(events.device).tolist():
            self._last_message[device] = int(events.row[np.flatnonzero(events.device == device)[-1]])

    def _suppressing(self) -> tuple[frozenset[int], frozenset[int]]:
        """The split queues that suppress kicks by event index, and those that do by flags."""
        split = [
            (queue.qid, queue.epochs[-1].layout.has(Feature.EVENT_IDX))
            for queue in self.session.queues.rings
            if queue.epochs and not queue.epochs[-1].layout.has(Feature.RING_PACKED)
        ]
        return frozenset(qid for qid, indexed in split if indexed), frozenset(q for q, indexed in split if not indexed)

    def lose(self, qid: int, row: int) -> None:
        """A queue ends: what the device still has of it never comes back."""
        complete = bool(self.session.queues.complete[qid] and not self.session.queues.gaps[qid])
        for chain in self._asking(self.pairing.outstanding(qid)):
            self._lost.append(Standing(int(self.session.chains.available[chain]), qid, a=row, certain=complete))

    def judge(self, runner: Runner, now_ns: int) -> None:
        """Run the clock rules on the state as it is."""
        session, waiting = self.session, self._waiting()
        late = np.concatenate(self._slow) if self._slow else np.empty(0, np.int32)
        clock = Clock(
            now_ns, session.settings.stuck_after_ns, session.events, session.chains, session.events.qid,
            waiting, late, self._all_lost(), self.standstill.stalls(now_ns, waiting, late),
            [Standing(row, qid, certain=False) for row, qid in self.kicks.take()],
            self._resumed_ns() if self._resumed else np.empty(0, np.int64),
        )  # fmt: skip
        runner.stand(runner.select(On.CLOCK), clock)
        runner.stand(runner.select(On.SESSION), session.tool)
        self._slow, self._lost = [], []
        rules = runner.select(On.CLOCK, "vdmabuf")
        announced = tuple(
            (d.device, d.identity.announced) for d in session.vdmabuf.values() if d.identity.announced > 0
        )
        for device in session.vdmabuf.values():
            runner.stand(rules, self._device_clock(device, now_ns, announced))
            device.answered_late.clear()

    def _resumed_ns(self) -> Array:
        """int64[queues]: when each queue last went on after a pause, 0 where it did not."""
        return np.array([self._resumed.get(q.qid, 0) for q in self.session.queues.queues], np.int64)

    def _asking(self, chains: Array) -> Array:
        """Those chains that have readable bytes: requests, not empty receive buffers."""
        assert self.session.store is not None
        rows = self.session.chains.available[chains]
        chains, rows = chains[rows >= 0], rows[rows >= 0]
        word = (self.session.events.offset[rows] >> 2) + _READABLE_WORD
        return chains[self.session.store.words.take(word, mode="clip") > 0] if len(chains) else chains

    def _waiting(self) -> dict[int, Array]:
        return {
            q.qid: self._asking(self.pairing.outstanding(q.qid, int(self.session.queues.gaps[q.qid])))
            for q in self.session.queues.queues
            if not q.stopped
        }

    def _all_lost(self) -> list[Standing]:
        """Chains lost with their queue, and those that are out although as many came back as went."""
        table = self.session.queues
        drained = [
            q.qid
            for q in table.queues
            if not q.stopped and table.complete[q.qid] and not table.gaps[q.qid] and self._drained(q.qid)
        ]
        missing = [
            Standing(int(self.session.chains.available[chain]), qid)
            for qid in drained
            for chain in self._asking(self.pairing.outstanding(qid))
        ]
        return self._lost + missing

    def _drained(self, qid: int) -> bool:
        return self.made.get(qid, 0) > 0 and self.made[qid] == self.returned.get(qid, 0)

    def _device_clock(self, device: VdmabufDevice, now_ns: int, announced: tuple[tuple[int, int], ...]) -> DeviceClock:
        session = self.session
        queues = [q for q in session.queues.of_device(device.device) if q.epochs]
        table = session.queues
        if queues and all(q.paused for q in queues):
            now_ns = int(session.events.time_ns[max(q.stops[-1] for q in queues)])
        return DeviceClock(
            device, now_ns, session.settings.stuck_after_ns, session.events.qid, session.events.time_ns,
            first_row=min((q.epochs[0].row for q in queues), default=-1),
            features=_features(queues),
            complete=not device.torn and all(table.complete[q.qid] and not table.gaps[q.qid] for q in queues),
            closing=bool(queues) and all(q.stopped and not q.paused for q in queues),
            announced=announced,
            last_message=self._last_message.get(device.device, -1),
        )  # fmt: skip


def _features(queues: list[Queue]) -> int:
    """Every feature bit that was offered or acknowledged."""
    bits = 0
    for queue in queues:
        bits |= queue.epochs[-1].layout.features | queue.epochs[-1].layout.offered
    return bits
