"""One vdmabuf device as the session follows it: its dialect, its VM ID, its buffers, its unanswered requests."""

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.vdmabuf.detection import Verdict, detect
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.identity import Identity
from vdmabuf_inspect.protocols.vdmabuf.layout import ID_SIZE, Op
from vdmabuf_inspect.protocols.vdmabuf.leak import Leak
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE, Step
from vdmabuf_inspect.protocols.vdmabuf.messages import RECV, SEND, Messages, messages_of
from vdmabuf_inspect.track.events import Events, same_look
from vdmabuf_inspect.track.objects import ObjectTracker, Operations

_STEPS = {Op.EXPORT: Step.EXPORT, Op.DMABUF_REL: Step.RELEASE, Op.UNEXPORT: Step.UNEXPORT}


@dataclass(eq=False, repr=False)
class VdmabufDevice:
    """State that outlives a batch. `device` is the session's number; `device_id` virtio's, 0 unknown."""

    device: int
    device_id: int
    chains: Log
    objects: Log
    forced: Dialect | None = None
    leak_window_ns: int = 10_000_000_000
    verdict: Verdict | None = None
    identity: Identity = field(default_factory=Identity)
    posted: int = 0
    highest: int = -1
    last_key: int = 0
    unanswered: deque[tuple[int, int]] = field(default_factory=deque)
    """(event row, time) of VM ID requests without an answer."""
    answered_late: list[tuple[int, int]] = field(default_factory=list)
    """(event row, nanoseconds) of requests whose answer came late; the clock rule takes them."""
    epoch: int = 0
    """Object row at which this set-up of the device began."""
    torn: bool = False
    """The bytes of a message came too late since the set-up: what it did is unknown."""

    protocol_name: ClassVar[str] = "vdmabuf"
    states: ClassVar[Array] = np.arange(len(LIFECYCLE.states), dtype=np.uint8)

    def __post_init__(self) -> None:
        self.tracker = ObjectTracker(LIFECYCLE, self.device, self.objects)
        self.leak = Leak(self.leak_window_ns)
        self.steps: Operations | None = None
        self._misshapen: set[int] = set()
        self._flying: dict[int, int] = {}  # chain row of an export that is not used yet, to its object

    @property
    def dialect(self) -> Dialect | None:
        """The dialect in force; None while nothing was seen."""
        return self.forced or (self.verdict.dialect if self.verdict else None)

    @property
    def fits(self) -> bool:
        """Whether a dialect has been found that fits."""
        return self.verdict is not None and self.verdict.fits

    def restart(self, _features: int = 0) -> None:
        """The device was set up again: a new driver, new identifiers, nothing outstanding."""
        self.tracker = ObjectTracker(LIFECYCLE, self.device, self.objects, self.tracker)
        self.identity = Identity()
        self.posted, self.highest, self.last_key = 0, -1, 0
        self.epoch = len(self.objects)
        self._flying.clear()
        self._misshapen.clear()
        self.unanswered.clear()
        self.torn = False

    def resume(self, now_ns: int) -> None:
        """The device goes on after a pause, which is no time that anything waited."""
        self.unanswered = deque((row, max(since, now_ns)) for row, since in self.unanswered)

    def consume(self, events: Events, stuck_after_ns: int) -> Messages | None:
        """Decode and track one batch of the device's events; None while its dialect is unknown.

        Appends to the object log; `steps` holds what was done to the buffers until the next batch.
        """
        self._choose(events)
        dialect = self.dialect
        if dialect is None:
            self.posted += int(_posted(events).sum())
            return None
        messages = messages_of(events, dialect)
        self._doubt(messages)
        self.identity.apply(messages)
        self._note_misshapen(messages)
        self._count_posted(messages)
        self._track(messages)
        self._note_requests(messages, stuck_after_ns)
        return messages

    def _choose(self, events: Events) -> None:
        if self.forced is not None or (self.verdict is not None and not self.verdict.ambiguous):
            return
        verdict = detect(events, self.device_id, bool(len(events)) and bool(events.complete.all()))
        if verdict is None or (verdict.score == 0 and self.device_id == 0):
            return  # no message yet, or nothing of an unknown device looks like vdmabuf
        if self.verdict is None or verdict.score > self.verdict.score:
            self.verdict = verdict

    def _doubt(self, messages: Messages) -> None:
        """From the look of a torn message on the history is no longer complete: its place in that look is a guess."""
        times = messages.events.time_ns[messages.at]
        torn = np.flatnonzero(messages.torn)[:1]
        begin = 0 if self.torn else place(times, int(times[torn[0]])) if len(torn) else len(times)
        messages.events.complete[messages.at[begin:]] = False
        self.torn = self.torn or bool(len(torn))

    def _note_misshapen(self, messages: Messages) -> None:
        """IDs of exports that have not the size of a message: the device may have taken them or not."""
        found = (messages.op == Op.EXPORT) & ~messages.from_device & (messages.size != messages.dialect.size)
        found &= messages.kept >= messages.dialect.op_offset + ID_SIZE
        self._misshapen.update(messages.name[found].tolist())
        messages.misshapen = np.zeros(len(messages), bool)
        if self._misshapen:
            messages.misshapen[:] = [name in self._misshapen for name in messages.name.tolist()]

    def _count_posted(self, messages: Messages) -> None:
        events = messages.events
        level = self.posted + np.cumsum(_posted(events))
        messages.posted = level[same_look(events.time_ns, messages.at)]
        self.posted = int(level[-1]) if len(level) else self.posted

    def _track(self, messages: Messages) -> None:
        step = np.full(len(messages), -1, np.int64)
        for op, number in _STEPS.items():
            step[messages.told(op) & ~messages.wrong_sender] = number
        if messages.dialect.in_place:
            step[step == Step.EXPORT] = Step.EXPORT_IN_PLACE
        mine = np.flatnonzero(step >= 0)
        ops, source = self._operations(messages, mine, step[mine])
        live_before = self.tracker.live
        self.tracker.apply(ops)
        self.steps = ops
        self._hand_back(messages, ops, source, live_before)
        self.leak.note(messages.events.time_ns[np.searchsorted(messages.events.row, ops.row)], ops.live, ops.row)

    def _operations(self, messages: Messages, mine: Array, step: Array) -> tuple[Operations, Array]:
        """Operations of messages and of returned exports, in event order; `source` is the message's place or -1."""
        row, name, key = self._returned(messages, mine[step == Step.EXPORT])
        rows = np.concatenate([messages.row[mine], row])
        order = np.argsort(rows, kind="stable")
        steps = np.concatenate([step, np.full(len(row), Step.EXPORT_USED)])[order]
        flavour = np.concatenate([messages.vm_first[mine], np.zeros(len(row), bool)])[order]
        look = messages.events.time_ns[np.searchsorted(messages.events.row, rows[order])]
        operations = Operations(
            row=rows[order], look=look, operation=steps.astype(np.uint8),
            name=np.concatenate([messages.name[mine], name])[order],
            key=np.concatenate([messages.key[mine], key])[order],
            begins=(steps == Step.EXPORT) | (steps == Step.EXPORT_IN_PLACE), ends=steps == Step.RELEASE,
            flavour=flavour.astype(np.uint8),
        )  # fmt: skip
        return operations, np.concatenate([mine, np.full(len(row), -1)])[order]

    def _returned(self, messages: Messages, exports: Array) -> tuple[Array, Array, Array]:
        """(event row, name, key) of each export whose chain comes back in this batch."""
        events = messages.events
        back = np.flatnonzero(events.of(EventKind.USED) & (events.queue == SEND) & events.paired)
        if messages.dialect.in_place or not len(back):
            back = back[:0]
        chains = events.chain[messages.at[exports]]
        order = np.argsort(chains)
        at = np.searchsorted(chains[order], events.chain[back])
        here = at < len(chains)
        here[here] = chains[order][at[here]] == events.chain[back][here]
        place = exports[order][at[here]]
        early = [(r, self._flying.pop(int(c))) for r, c in _pairs(events, back[~here]) if int(c) in self._flying]
        rows = np.array([r for r, _ in early], np.int64)
        objects = np.array([o for _, o in early], np.int64)
        return (
            np.concatenate([events.row[back[here]], rows]),
            np.concatenate([messages.name[place], self.objects.name[objects]]),
            np.concatenate([messages.key[place], self.objects.key[objects]]),
        )

    def _hand_back(self, messages: Messages, ops: Operations, source: Array, live_before: int) -> None:
        """Write what tracking found beside each message."""
        n, mine = len(messages), source >= 0
        for name, blank in (("object", -1), ("before", 0), ("created", False), ("previous", -1), ("presumed", False)):
            column = np.full(n, blank, getattr(ops, name).dtype)
            column[source[mine]] = getattr(ops, name)[mine]
            setattr(messages, name, column)
        ends = messages.events.row[same_look(messages.events.time_ns, messages.at)]
        levels = np.concatenate([[live_before], ops.live])
        messages.live = levels[np.searchsorted(ops.row, ends, side="right")]
        unseen = messages.created & messages.events.presumed[messages.at]
        self.objects.set("presumed", messages.object[unseen], True)  # it began before anybody looked
        self._remember_keys(messages)
        self._remember_flying(messages)

    def _remember_flying(self, messages: Messages) -> None:
        exports = np.flatnonzero(messages.told(Op.EXPORT) & ~messages.from_device)
        chains = messages.events.chain[messages.at[exports]]
        out = (chains >= 0) & (self.chains.used[np.maximum(chains, 0)] < 0) if len(exports) else np.zeros(0, bool)
        self._flying.update(zip(chains[out].tolist(), messages.object[exports[out]].tolist(), strict=True))

    def _remember_keys(self, messages: Messages) -> None:
        older = np.where(messages.previous >= self.epoch, messages.previous, -1)
        messages.previous = older
        messages.previous_key = (
            np.where(older >= 0, self.objects.key[np.maximum(older, 0)], 0)
            if len(self.objects)
            else np.zeros(len(messages), np.uint64)
        )
        new = messages.created & (older < 0) & (messages.op == Op.EXPORT)
        counters = np.where(new, messages.counter.astype(np.int64), -1)
        running = np.maximum.accumulate(np.concatenate([[self.highest], counters]))
        messages.highest, self.highest = running[:-1], int(running[-1])
        keys = np.concatenate([np.array([self.last_key], np.uint64), messages.key])
        latest = np.maximum.accumulate(np.concatenate([[0], np.where(new, np.arange(1, len(new) + 1), 0)]))
        messages.key_before = keys[latest[:-1]]
        self.last_key = int(keys[latest[-1]])

    def _note_requests(self, messages: Messages, stuck_after_ns: int) -> None:
        events = messages.events
        asked = np.flatnonzero(messages.told(Op.NEED_VMID))
        late = messages.at[messages.torn & messages.from_device]
        unseen = np.concatenate([late, np.flatnonzero(events.of(EventKind.GAP))])
        turns = [(int(messages.at[i]), int(i)) for i in asked] + [(int(at), -1) for at in unseen]
        for at, i in sorted(turns):
            time = int(events.time_ns[at])
            if i < 0:
                self.unanswered.clear()  # the answer may have been in what was not seen
            elif not messages.from_device[i]:
                self.unanswered.append((int(messages.row[i]), time))
            elif self.unanswered:
                row, since = self.unanswered.popleft()
                if time - since > stuck_after_ns:
                    self.answered_late.append((row, time - since))


def _pairs(events: Events, at: Array) -> list[tuple[int, int]]:
    return list(zip(events.row[at].tolist(), events.chain[at].tolist(), strict=True))


def _posted(events: Events) -> Array:
    """int64[n]: 1 where a receive buffer was posted, -1 where one came back."""
    here = events.queue == RECV
    change = (here & events.of(EventKind.AVAILABLE)).astype(np.int64) - (here & events.of(EventKind.USED))
    return np.asarray(change)
