"""Follows one device: an epoch for every set-up of its queues, and what its rings do meanwhile.

What looks wrong is not told before QEMU was asked again: a device that was reset, or a guest that is gone, leaves
memory behind that is no ring any more.
"""

import time
from dataclasses import dataclass

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.observation import Observation
from vdmabuf_inspect.ring.watch import untouched, watcher_of
from vdmabuf_inspect.sources.devices import queue_label
from vdmabuf_inspect.sources.qemu.device import DeviceState, QueueState, Report

_TRUSTED_SECONDS = 0.25
"""What looks wrong in the same way this soon after QEMU was asked needs no second question."""
_STILL_SECONDS = 0.5
"""A guest that is paused for longer has stopped its queues: nobody is to blame for what waits meanwhile."""
_BACK = Problem.AVAILABLE_WENT_BACK | Problem.USED_WENT_BACK
"""Both indices went back at once: nobody but a reset does that."""


@dataclass(frozen=True)
class Identity:
    """What a device is called in a session: `number` from 0, `kind` the name of its type, `name` such as `net0`."""

    number: int
    kind: str
    name: str


class Follower:
    """One device of the machine. `tell` says what QEMU says of it, `look` reads the rings; both return records."""

    def __init__(self, identity: Identity, memory: Memory, snaplen: int) -> None:
        self.identity = identity
        self.seen = Observation()
        self.state: DeviceState | None = None
        self._memory = memory
        self._snaplen = snaplen
        self._set_up: tuple[object, ...] = ()
        self._mapped = 0
        self._used: dict[int, int] = {}
        """Used indices as last seen, by queue."""
        self._blank = False
        """The survey before found no driver: an epoch that begins now was seen from its beginning."""
        self._still_since: float | None = None
        self._held: list[Record] = []
        self._held_at = 0.0
        self._trusted: frozenset[tuple[int, int]] = frozenset()
        """(queue, problems) that were told after QEMU had been asked."""
        self._trusted_until = 0.0

    @property
    def doubts(self) -> frozenset[int]:
        """Queues on which something looks wrong: QEMU is to be asked for them before it is told."""
        return frozenset(queue for queue, _ in _wrongs(self._held))

    def names(self) -> dict[tuple[int, int], str]:
        """Its queues that are set up, by (device, queue index)."""
        state, number = self.state, self.identity.number
        return {(number, q.index): self._name(state, q) for q in state.queues} if state is not None else {}

    def tell(self, state: DeviceState | None, report: Report, now_ns: int) -> list[Record]:
        """What a survey says of it, None when it is not there any more."""
        self.state = state
        if report.problem:
            return []
        paused = report.state != "running"
        if self._pausing(report):
            return [*self.look(now_ns), *self._pause(now_ns)]
        if not len(self.seen):
            return [] if paused and self.seen.paused else self._start(report, now_ns)
        if state is None or not state.running or not report.readable or state.set_up != self._set_up:
            return self._pause(now_ns) if paused else [*self.end(now_ns), *self._begin(report, now_ns)]
        return self._decide(state, report, now_ns) if self._held and report.begun > self._held_at else []

    def _decide(self, state: DeviceState, report: Report, now_ns: int) -> list[Record]:
        """What looked wrong: it is told, or it was a reset."""
        if self._was_reset(state) or report.mapped != self._mapped:
            self._blank = True
            return [*self.end(now_ns), *self._begin(report, now_ns)]
        self._trusted, self._trusted_until = _wrongs(self._held), time.monotonic() + _TRUSTED_SECONDS
        held, self._held = self._held, []
        return self._note(held)

    def look(self, now_ns: int) -> list[Record]:
        """What its rings did since the last look; nothing as long as something is in doubt."""
        if self._held or not len(self.seen):
            return []
        records = self.seen.look(now_ns)
        wrong = _wrongs(records)
        if wrong and not (wrong <= self._trusted and time.monotonic() < self._trusted_until):
            self._held, self._held_at = records, time.monotonic()
            return []
        return self._note(records)

    def end(self, now_ns: int, left: bool = False) -> list[Record]:
        """Its queues are set up no more; their memory may be anything by now. What was in doubt is forgotten."""
        self._held, self._trusted = [], frozenset()
        queues = [layout.index for layout in self.seen.layouts]
        return [record for queue in queues for record in self.seen.remove(queue, now_ns, readable=False, left=left)]

    def leave(self, now_ns: int) -> list[Record]:
        """A last look, at a device that goes on: no queue stops because nobody looks any more."""
        last = self.look(now_ns)
        return [*last, *self.end(now_ns, left=True)]

    def _start(self, report: Report, now_ns: int) -> list[Record]:
        """Its queues go on after a pause, or begin."""
        records = self._resume(report, now_ns)
        return records if len(self.seen) else [*records, *self._begin(report, now_ns)]

    def _pausing(self, report: Report) -> bool:
        """Whether the guest has been paused for so long that its queues count as stopped."""
        if report.state == "running":
            self._still_since = None
        elif self._still_since is None:
            self._still_since = report.begun
        return self._still_since is not None and report.begun - self._still_since > _STILL_SECONDS

    def _pause(self, now_ns: int) -> list[Record]:
        """Its queues stop and may go on; what is in doubt is no ring to go on with."""
        if self._held:
            return self.end(now_ns)
        queues = [layout.index for layout in self.seen.layouts]
        return [r for queue in queues for r in self.seen.remove(queue, now_ns, readable=False, paused=True)]

    def _resume(self, report: Report, now_ns: int) -> list[Record]:
        """Its queues go on after a pause if nothing else has happened to them meanwhile; else they are forgotten."""
        records: list[Record] = []
        for layout in self._same(self.state, report):
            told = self.seen.resume(layout, now_ns) if layout.index in self.seen.paused else None
            if told is None:
                records += self.end(now_ns)
                break
            records += told
        for index in list(self.seen.paused):
            self.seen.forget(index)
        return self._note(records)

    def _same(self, state: DeviceState | None, report: Report) -> list[QueueLayout]:
        """The layouts of its queues if it is set up as it was."""
        if state is None or not state.running or obstacle(state, report):
            return []
        same = (state.set_up, report.mapped) == (self._set_up, self._mapped)
        return [self._layout(state, queue) for queue in state.queues] if same else []

    def _begin(self, report: Report, now_ns: int) -> list[Record]:
        """Watch its queues, if a driver has set them up and they can be watched."""
        state = self.state
        blank, self._blank = self._blank, state is None or not state.running
        if state is None or not state.running or obstacle(state, report):
            return []
        self._set_up, self._mapped = state.set_up, report.mapped
        split = not state.acknowledged & Feature.RING_PACKED  # on packed rings places go back with each lap
        self._used = {queue.index: queue.used_idx for queue in state.queues if split and queue.used_idx is not None}
        records: list[Record] = []
        for queue in state.queues:
            layout = self._layout(state, queue)
            watcher = watcher_of(self._memory, layout, self._snaplen, self.seen.layouts)
            complete = untouched(self._memory, layout) and (blank or self._pristine(layout))
            records += self.seen.add(watcher, now_ns, complete)
        return records

    def _pristine(self, layout: QueueLayout) -> bool:
        """An untouched ring whose used entries are blank has not gone round either: nothing ever came back on it."""
        return layout.packed or not any(self._memory.read_some(layout.used + 4, 8 * layout.size))

    def _was_reset(self, state: DeviceState) -> bool:
        """Whether what looks wrong came from a reset and a new set-up in the same place."""
        if any(record.problems & _BACK == _BACK for record in self._held):
            return True
        doubts = self.doubts
        layouts = [layout for layout in self.seen.layouts if layout.index in doubts and layout.packed]
        if any(untouched(self._memory, layout) for layout in layouts):
            return True
        queues = [queue for queue in state.queues if queue.index in doubts]
        return any(_went_back(self._used.get(queue.index), queue.used_idx) for queue in queues)

    def _note(self, records: list[Record]) -> list[Record]:
        """Remember how far the device was."""
        if self.state is None or not self.state.acknowledged & Feature.RING_PACKED:
            self._used.update((r.queue, r.index + 1 & 0xFFFF) for r in records if r.kind is EventKind.USED)
        return records

    def _layout(self, state: DeviceState, queue: QueueState) -> QueueLayout:
        return QueueLayout(
            self.identity.number, queue.index, self._name(state, queue), queue.size, queue.desc, queue.avail,
            queue.used, state.acknowledged, state.device_id, state.offered,
        )  # fmt: skip

    def _name(self, state: DeviceState, queue: QueueState) -> str:
        return f"{self.identity.name}/{queue_label(self.identity.kind, queue.index, count=state.count)}"


def obstacle(state: DeviceState, report: Report) -> str:
    """Why a device that a driver has set up is not watched, in words that follow its name; empty when it is."""
    if report.translated and state.acknowledged & Feature.ACCESS_PLATFORM:
        return "is behind an IOMMU, so its addresses are not guest-physical: not watched"
    if state.big_endian:
        return "is a legacy device of a big-endian guest: not watched"
    return "" if report.readable else "is not looked at while the guest's memory is on its way"


def _wrongs(records: list[Record]) -> frozenset[tuple[int, int]]:
    """(queue, problems) where somebody broke a rule; bytes that were read too late only look so."""
    return frozenset((r.queue, r.problems) for r in records if r.problems and not r.flags & EventFlag.STALE)


def _went_back(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and (now - before) & 0xFFFF >= 0x8000
