"""The one writer: a batch of records becomes events, chains, messages, object states and findings."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from vdmabuf_inspect.capture.batch import Batch, join
from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record, unpack
from vdmabuf_inspect.protocols.device import Device, Messages
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice
from vdmabuf_inspect.rules.registry import On, Standing
from vdmabuf_inspect.rules.runner import Runner, Table
from vdmabuf_inspect.session.clocks import Clocks
from vdmabuf_inspect.session.guard import Guard
from vdmabuf_inspect.session.judging import Overhearing, enabled
from vdmabuf_inspect.session.page_looks import PageLedger
from vdmabuf_inspect.session.session import FROM_DEVICE, UNTRUSTED, WHOLE, Session, captured
from vdmabuf_inspect.session.set_ups import SetUps
from vdmabuf_inspect.session.speech import Speech
from vdmabuf_inspect.track.events import Events, events_of
from vdmabuf_inspect.track.objects import Operations
from vdmabuf_inspect.track.pairing import Pairing, missed_before
from vdmabuf_inspect.track.turns import Turns

LONGEST_LOOK = 4096
"""Events that may be held back because more of the same time may follow."""


class Writer:
    """Adds batches to a session. All decoding, tracking and judging happens here, on columns."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pairing = Pairing(session.chains)
        self.turns = Turns()
        self.guard = Guard(session)
        self.speech = Speech(session, self.guard)
        self.runner = Runner(
            session.findings,
            lambda qid: session.queues.device[qid],
            enabled=enabled(session.settings),
            failed=self.guard.rule_failed,
        )
        self.clocks = Clocks(session, self.pairing)
        self.set_ups = SetUps(session, self.runner, self.clocks, self.pairing, self.turns)
        self.control = Overhearing(session, self.runner)
        self.pages = PageLedger(session)
        self._held: list[Batch] = []
        self._lossy: set[int] = set()  # devices of which something was missed since their set-up
        self._ring_rules = self.runner.select(On.EVENTS)

    def consume(self, batch: Batch) -> None:
        """Add one batch, all but its last look, which may go on in the next batch; an empty batch changes nothing."""
        if not len(batch):
            return
        batch = join(batch.store, [*self._held, batch])
        cut = _last_look(batch)
        self._held = [batch.part(cut, len(batch))]
        self._add(batch.part(0, cut))

    @property
    def pending(self) -> bool:
        """Whether a look is held back."""
        return bool(self._held)

    def flush(self) -> None:
        """Add what was held back: its look is over."""
        held, self._held = self._held, []
        for batch in held:
            self._add(batch)

    def _add(self, batch: Batch) -> None:
        if not len(batch):
            return
        self.session.store = batch.store
        first = len(self.session.events)
        events = events_of(batch.store.words, first, batch.time_ns, batch.offset, batch.size)
        events.qid = self.session.queues.number(events.device, events.queue).astype(np.uint16)
        for part in _parts(events):
            self._consume(part)
        self.clocks.judge(self.runner, int(batch.time_ns[-1]))
        self.session.whole = len(self.session.events)

    def tick(self, now_ns: int) -> None:
        """Judge what only time can tell: `now_ns` is the time of the observer, at or after the last event."""
        self.session.now_ns = now_ns
        self.clocks.judge(self.runner, now_ns)
        self.control.clock(now_ns)

    def finish(self) -> None:
        """Nothing more will come."""
        self.flush()
        if len(self.session.events):
            self.tick(int(self.session.events.time_ns.max()))
        self.session.finished = True
        self.session.progress = 1.0

    def _consume(self, events: Events) -> None:
        """Add events that lie between two set-ups or stops of a queue."""
        session, table = self.session, self.session.queues
        session.events.reserve(len(session.events) + len(events))
        self._set_up(events)
        gaps = missed_before(events, table.gaps)
        events.complete = table.complete[events.qid] & (gaps == 0)
        events.legacy, events.features = table.legacy[events.qid], table.features[events.qid]
        self.pairing.pair(events, gaps)
        self.turns.judge(events)
        session.events.append(
            len(events), time_ns=events.time_ns, offset=events.offset, qid=events.qid, kind=events.kind,
            chain=events.chain,
        )  # fmt: skip
        self.pairing.settle()
        table.mark(events.kind, events.qid, events.row)
        # Messages first: their dialect says which rules are its habits.
        found = self._messages(_of_rings(events)) if session.settings.messages else []
        self.runner.run(self._ring_rules, _ring_table(events))
        for messages, device in found:
            self.runner.run(self.runner.select(On.MESSAGES, device.protocol_name), _message_table(messages))
        self.clocks.note(_of_rings(events))
        self.control.consume(events)
        self._judge_pages(events)
        self.set_ups.note(events)

    def _judge_pages(self, events: Events) -> None:
        """Page lists, when everything that this part says of their buffers is in the logs."""
        looks = self.pages.consume(events, self.pairing.outstanding)
        if looks is None:
            return
        nothing = np.zeros(len(looks), bool)
        table = Table(looks, looks.row, looks.qid, looks.object, looks.sure, nothing, nothing)
        self.runner.run(self.runner.select(On.PAGES, "vdmabuf"), table)

    def _set_up(self, events: Events) -> None:
        """Take notice of a START or STOP, which can only be the first event of its part."""
        kind, qid, row = int(events.kind[0]), int(events.qid[0]), int(events.row[0])
        if kind == EventKind.STOP:
            self.set_ups.stop(qid, row, bool(events.flags[0] & EventFlag.PAUSED))
        elif kind == EventKind.START and not self.set_ups.resume(events):
            self._begin(qid, row, _first_record(events, self.session))

    def _begin(self, qid: int, row: int, record: Record) -> None:
        """A queue begins anew, and with the first one its device."""
        number = self.session.queues.queues[qid].device
        again = self.set_ups.end(qid) and number in self.session.devices
        if again:
            self.set_ups.judge()
            self._lossy.discard(number)
        layout = self.set_ups.start(qid, row, record).layout
        if again:
            self.session.devices[number].restart(layout.features)
        if self.session.settings.messages:
            self._device(number, layout.device_id, layout.features)

    def _device(self, number: int, device_id: int, features: int = 0) -> None:
        if number not in self.session.devices:
            self.session.devices[number] = self.speech.device(number, device_id, features)

    def _messages(self, events: Events) -> list[tuple[Messages, Device]]:
        """Decode and track each device's messages; the logs stay in event order."""
        chains = events.of(EventKind.AVAILABLE) | events.of(EventKind.USED)
        known = [*self.session.devices, *distinct(self.session.queues.device[events.qid[chains]]).tolist()]
        numbers = [n for n in distinct(self.session.queues.device[events.qid]).tolist() if n in known]
        parts = []
        for number in numbers:
            if number not in self.session.devices and not any(q.epochs for q in self.session.queues.of_device(number)):
                self._device(number, 0)  # a recording whose beginning is lost
            device = self.session.devices.get(number)
            if device is not None:
                mine = self.session.queues.device[events.qid] == number
                parts.append(self._device_messages(device, events.take(mine) if len(numbers) > 1 else replace(events)))
        found = [p for p in parts if p is not None]
        self._log(found)
        for messages, device in found:
            if isinstance(device, VdmabufDevice):
                self._note_dialect(device, messages)
        return found

    def _device_messages(self, device: Device, events: Events) -> tuple[Messages, Device] | None:
        """A device's history is complete only where that of all its queues is."""
        queues = [q for q in self.session.queues.of_device(device.device) if q.epochs]
        whole = bool(queues) and all(q.complete for q in queues) and device.device not in self._lossy
        lost = np.logical_or.accumulate(~events.complete)
        if lost[-1]:
            self._lossy.add(device.device)
        events.complete = whole & ~lost
        device = self.session.devices[device.device] = self.speech.heard(device, events)
        messages = self.guard.consume(device, events)
        return None if messages is None else (messages, device)

    def _log(self, found: list[tuple[Messages, Device]]) -> None:
        """Append messages and transitions of all devices in event order."""
        session = self.session
        if not found:
            return
        columns = {
            "row": [m.row for m, _ in found],
            "object": [m.object for m, _ in found],
            "op": [m.op for m, _ in found],
            "flags": [_flags(m) for m, _ in found],
        }
        order = np.argsort(np.concatenate(columns["row"]), kind="stable") if len(found) > 1 else slice(None)
        joined = {name: np.concatenate(arrays)[order] for name, arrays in columns.items()}
        session.messages.append(len(joined["row"]), **joined)
        self._log_transitions([(d.steps, d.states) for _, d in found if d.steps is not None])

    def _log_transitions(self, found: list[tuple[Operations, Array]]) -> None:
        """`found`: what was done to objects, and the numbers of the states of their lifecycle."""
        if not found:
            return
        steps = [s for s, _ in found]
        row = np.concatenate([s.settled[s.order] for s in steps])
        order = np.argsort(row, kind="stable") if len(steps) > 1 else slice(None)
        self.session.transitions.append(
            len(row), row=row[order], object=np.concatenate([s.object[s.order] for s in steps])[order],
            state=np.concatenate([states[s.after[s.order]] for s, states in found])[order],
            change=np.concatenate([_change(s, states)[s.order] for s, states in found])[order],
        )  # fmt: skip

    def _note_dialect(self, device: VdmabufDevice, messages: Messages) -> None:
        if device.dialect is not None:
            self.runner.quirks[device.device] = device.dialect.quirks
        verdict = device.verdict
        if verdict is None or not verdict.ambiguous or not len(messages):
            return
        names = " or ".join((verdict.dialect.name, *verdict.rivals))
        text = f"the dialect may be {names}: {'; '.join(verdict.reasons)}; force one with --dialect"
        qid = int(messages.events.qid[messages.at[0]])
        if not any(hit.qid == qid for hit in self.session.tool.ambiguous):
            self.session.tool.ambiguous.append(Standing(int(messages.row[0]), qid, a=self.session.tool.note(text)))


def _change(steps: Operations, states: Array) -> Array:
    """int8[n]: what each operation changes in the number of live objects; one that was created was none before."""
    live = live_mask()
    return live[states[steps.after]].astype(np.int8) - (live[states[steps.before]] & ~steps.created)


def _last_look(batch: Batch) -> int:
    """Where the batch's last look begins: events of one time are judged together. A very long one is no look."""
    earlier = np.flatnonzero(batch.time_ns[-LONGEST_LOOK:] != batch.time_ns[-1])
    if not len(earlier):
        return 0 if len(batch) < LONGEST_LOOK else len(batch)
    return len(batch) - min(LONGEST_LOOK, len(batch)) + int(earlier[-1]) + 1


def _parts(events: Events) -> Iterable[Events]:
    """The batch cut so that each START and each STOP begins a part."""
    marks = np.flatnonzero(events.of(EventKind.START) | events.of(EventKind.STOP))
    cuts = [0, *(int(m) for m in marks if m), len(events)]
    for begin, end in zip(cuts, cuts[1:], strict=False):
        yield events if end - begin == len(events) else events.part(begin, end)


def _of_rings(events: Events) -> Events:
    """Without the events of control planes and the page lists of buffers."""
    others = events.of(EventKind.CONTROL) | events.of(EventKind.PAGES)
    return events.take(~others) if others.any() else events


def _first_record(events: Events, session: Session) -> Record:
    assert session.store is not None
    start = int(events.offset[0])
    record = unpack(session.store.data[start : start + captured(session.store, start)])
    return record or Record(EventKind.START, 0)


def _ring_table(events: Events) -> Table:
    nothing = np.full(len(events), -1, np.int32)
    untrusted = np.zeros(len(events), bool)
    return Table(events, events.row, events.qid, nothing, events.complete, untrusted, events.of_device)


def _message_table(messages: Messages) -> Table:
    qid = messages.events.qid[messages.at].astype(np.int64)
    return Table(messages, messages.row, qid, messages.object, messages.complete, messages.stale, messages.from_device)


def _flags(messages: Messages) -> Array:
    flags = messages.from_device * FROM_DEVICE + messages.whole * WHOLE + messages.stale * UNTRUSTED
    return np.asarray(flags, np.uint8)
