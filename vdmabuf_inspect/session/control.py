"""The control plane of each device: its log, what its messages mean for each other, and its rules."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct, place
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.rules.registry import On
from vdmabuf_inspect.rules.runner import Runner, Table
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.vhost_user.dialogue import Dialogue
from vdmabuf_inspect.vhost_user.heard import Heard
from vdmabuf_inspect.vhost_user.payload import Region
from vdmabuf_inspect.vhost_user.rules import PROTOCOL
from vdmabuf_inspect.vhost_user.verdict import Verdict, Verdicts

_MOST_CHAINS = 4096
"""Outstanding chains that are looked up when a region goes."""


class ControlPlane:
    """Consumes the events of all devices in order; only those of a device with a control plane cost anything."""

    def __init__(self, session: Session, runner: Runner) -> None:
        self._session = session
        self._runner = runner
        self._dialogues: dict[int, Dialogue] = {}
        self._stopped: dict[tuple[int, int], int] = {}  # (device, queue) to queue number

    def consume(self, events: Events) -> None:
        """The next events, which are in the log already; a START or STOP can only be the first of them."""
        rows = np.flatnonzero(events.of(EventKind.CONTROL))
        if not len(rows) and not self._dialogues:
            return
        self._note(events)
        said: list[Verdict] = []
        begin = 0
        for at in rows.tolist():
            said += self._between(events, begin, at)
            said += self._hear(events, at)
            begin = at + 1
        self._judge(said + self._between(events, begin, len(events)))

    def clock(self, now_ns: int) -> None:
        """Judge what only time can tell."""
        self._judge([verdict for dialogue in self._dialogues.values() for verdict in dialogue.overdue(now_ns)])

    def _note(self, events: Events) -> None:
        """Which rings are stopped."""
        key, kind = (int(events.device[0]), int(events.queue[0])), int(events.kind[0])
        if kind == EventKind.STOP:
            self._stopped[key] = int(events.qid[0])
        elif kind == EventKind.START:
            self._stopped.pop(key, None)

    def _hear(self, events: Events, at: int) -> list[Verdict]:
        session, row, device = self._session, int(events.row[at]), int(events.device[at])
        if not session.queues.queues[int(events.qid[at])].control:
            return []
        if device not in self._dialogues:
            self._dialogues[device] = self._dialogue(device, int(events.qid[at]))
        heard = Heard.of(row, session.record(row))
        answers, verdicts = self._dialogues[device].hear(heard)
        log = session.control
        log.append(1, row=row, other=answers, session=self._dialogues[device].session)
        if answers >= 0:
            log.set("other", np.array([place(log.row, answers)]), row)
        return verdicts

    def _dialogue(self, device: int, qid: int) -> Dialogue:
        def cut_off(row: int, regions: list[Region]) -> int:
            return self._cut_off(device, row, regions)

        return Dialogue(qid, self._session.settings.stuck_after_ns, cut_off)

    def _between(self, events: Events, begin: int, end: int) -> list[Verdict]:
        """What happened on rings that are stopped, or not enabled yet."""
        if end <= begin:
            return []
        return [*self._late(events, begin, end), *self._early(events, begin, end)]

    def _late(self, events: Events, begin: int, end: int) -> list[Verdict]:
        if not self._stopped:
            return []
        kind = events.kind[begin:end]
        late = (kind == EventKind.LOOK) & ((events.flags[begin:end] & EventFlag.LATE) != 0)
        return [
            Verdict(int(events.row[at]), int(events.qid[at]), back_end=True, late=int(events.count[at]))
            for at in (np.flatnonzero(late) + begin).tolist()
            if (int(events.device[at]), int(events.queue[at])) in self._stopped
        ]

    def _early(self, events: Events, begin: int, end: int) -> list[Verdict]:
        said = []
        for device, dialogue in self._dialogues.items():
            idle = dialogue.terms.idle
            if not idle:
                continue
            kicks = (events.kind[begin:end] == EventKind.KICK) & (events.device[begin:end] == device)
            kicks &= np.isin(events.queue[begin:end], idle)
            rings, first = np.unique(events.queue[begin:end][kicks], return_index=True)
            for at, ring in zip(np.flatnonzero(kicks)[first] + begin, rings.tolist(), strict=True):
                dialogue.terms.ring(ring).hasty = True
                said.append(Verdict(int(events.row[at]), int(events.qid[at]), early=True, ring=ring))
        return sorted(said, key=lambda verdict: verdict.row)

    def _judge(self, said: list[Verdict]) -> None:
        if not said:
            return
        columns = Verdicts.of(said)
        nothing, whole = np.full(len(said), -1, np.int32), np.ones(len(said), bool)
        table = Table(columns, columns.row, columns.qid, nothing, whole, ~whole, columns.back_end != 0)
        self._runner.run(self._runner.select(On.MESSAGES, PROTOCOL), table)

    def _cut_off(self, device: int, row: int, regions: list[Region]) -> int:
        """How many chains of a device are outstanding at event `row` with memory in none of the regions."""
        starts = np.array([region.gpa for region in regions], np.uint64)
        ends = starts + np.array([region.size for region in regions], np.uint64)
        rows = self._outstanding(device, row)[:_MOST_CHAINS]
        return sum(not self._inside(int(each), starts, ends) for each in rows)

    def _outstanding(self, device: int, row: int) -> Array:
        """int64[k]: the rows at which the chains that are out at event `row` were made available."""
        session = self._session
        running = [q for q in session.queues.of_device(device) if q.epochs and not q.stopped]
        if not running:
            return np.empty(0, np.int64)
        available, used = session.chains.available, session.chains.used
        mine = (available >= min(q.epochs[-1].row for q in running)) & (available < row)
        rows = distinct(available[mine & ((used < 0) | (used > row))])
        return rows[np.isin(session.events.qid[rows], [q.qid for q in running])]

    def _inside(self, row: int, starts: Array, ends: Array) -> bool:
        """Whether every buffer of a chain lies in one region."""
        record = self._session.record(row)
        if record.flags & EventFlag.STALE:
            return True
        return all(
            bool(((starts <= d.addr) & (ends >= min(d.addr + d.len, (1 << 64) - 1))).any()) for d in record.descriptors
        )
