"""All rings of one device looked at together: what happened on them, and their notifications where they belong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.group import RingWatcher, interleave, sight
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.tally import Tally

_FOLLOWED_NS = 20_000
"""No rings are followed that move faster than an entry in this time: telling one takes longer."""
_NOT_THE_DRIVERS = int(Feature.LOG_ALL | Feature.PROTOCOL_FEATURES)
"""Feature bits of vhost: a migration sets and clears the first one."""
HEARD = EventFlag.KICKS_HEARD | EventFlag.CALLS_HEARD


class Notices(NamedTuple):
    """Notifications of one queue that were noticed since the last look; several may be noticed as one."""

    kicks: int = 0
    calls: int = 0


NONE = Notices()
NOTHING: Mapping[int, Notices] = {}


@dataclass(slots=True)
class _Watched:
    watcher: RingWatcher
    tally: Tally


class Observation:
    """The rings of one device, by queue index. Every call returns the records to write, in order.

    Times are nanoseconds and may not go back.
    """

    def __init__(self) -> None:
        self.busy = False
        """Whether anything happened in the last look."""
        self.hopeless = False
        """Whether the last look missed so much that looking more often would not help."""
        self.polls = 0
        """Looks at single rings, those included that are watched no more."""
        self._rings: dict[int, _Watched] = {}
        self._paused: dict[int, _Watched] = {}
        self._past: list[RingWatcher] = []
        self._words: list[Any] = []
        self._looked_ns = 0

    def __len__(self) -> int:
        return len(self._rings)

    def __contains__(self, queue: int) -> bool:
        return queue in self._rings

    @property
    def layouts(self) -> list[QueueLayout]:
        """Of the rings that are watched."""
        return [ring.watcher.layout for ring in self._rings.values()]

    @property
    def missed(self) -> int:
        """Ring entries that were overwritten between two looks, on all rings ever watched."""
        watched = [*self._rings.values(), *self._paused.values()]
        return sum(w.missed for w in self._past) + sum(r.watcher.missed for r in watched)

    def watcher(self, queue: int) -> RingWatcher:
        """Who watches this ring, which is watched."""
        return self._rings[queue].watcher

    @property
    def paused(self) -> Collection[int]:
        """The queues that stopped and may go on."""
        return self._paused.keys()

    @property
    def _lost(self) -> int:
        """Ring entries missed so far, an uncountable stretch as a round of the indices."""
        return sum(r.watcher.missed + (r.watcher.ambiguous << 16) for r in self._rings.values())

    def add(self, watcher: RingWatcher, now_ns: int, complete: bool, heard: int = 0) -> list[Record]:
        """Watch another ring: its START and what is outstanding.

        `complete`: from its set-up, with both indices at their start. `heard`: KICKS_HEARD and CALLS_HEARD as they are
        true of this ring.
        """
        self.forget(watcher.layout.index)
        self._rings[watcher.layout.index] = _Watched(watcher, Tally(watcher, heard & HEARD, now_ns))
        self._words = []
        first, *rest = watcher.start(now_ns, complete)
        return [replace(first, flags=first.flags | (heard & HEARD)), *rest]

    def resume(
        self, layout: QueueLayout, now_ns: int, heard: int = 0, since: Sequence[Record] = ()
    ) -> list[Record] | None:  # fmt: skip
        """Watch a ring again that paused: its START and what happened meanwhile.

        None, and it is forgotten, when it is not the same ring or did not go on from where it was. `since`: what its
        watcher found after its last look.
        """
        ring = self._paused.get(layout.index)
        told = _gone_on(ring.watcher, layout, now_ns, since) if ring is not None else None
        if ring is None or told is None:
            self.forget(layout.index)
            return None
        self._rings[layout.index] = self._paused.pop(layout.index)
        self._words = []
        ring.tally.heard = heard & HEARD
        ring.tally.note(told)
        return [replace(told[0], flags=told[0].flags | (heard & HEARD)), *told[1:]]

    def forget(self, queue: int) -> None:
        """A ring that paused does not go on."""
        ring = self._paused.pop(queue, None)
        if ring is not None:
            self._past.append(ring.watcher)

    def hear(self, queue: int, heard: int) -> None:
        """From now on these notifications of a ring can be heard. A ring that is not watched is left out."""
        if queue in self._rings:
            self._rings[queue].tally.heard = heard & HEARD

    def look(self, now_ns: int, notices: Mapping[int, Notices] = NOTHING) -> list[Record]:
        """What happened since the last look, in an order in which it can have happened (`ring/group.py`)."""
        rings, lost = list(self._rings.values()), self._lost
        self._words = sight([ring.watcher for ring in rings], self._words)
        told = [
            self._step(ring, now_ns, seen, notices.get(ring.watcher.layout.index, NONE))
            for ring, seen in zip(rings, self._words, strict=True)
        ]
        self.busy = any(told)
        self.hopeless = (self._lost - lost) * _FOLLOWED_NS > now_ns - self._looked_ns
        self._looked_ns = now_ns
        counts = [record for ring in rings for record in ring.tally.due(now_ns)]
        return [*interleave(told), *counts] if self.busy or counts else []

    def remove(
        self, queue: int, now_ns: int, notices: Notices = NONE, *,
        readable: bool = True, closed: bool = False, paused: bool = False, left: bool = False,
    ) -> list[Record]:  # fmt: skip
        """Watch a ring no more: a last look unless its memory is not `readable`, its COUNTS, and STOP.

        `paused`: it may go on from there (`resume`). `left`: it is the observer who leaves, which stops no queue and
        loses no chain.
        """
        ring = self._rings.pop(queue, None)
        if ring is None:
            return []
        self._words = []
        if paused:
            self._paused[queue] = ring
        else:
            self._past.append(ring.watcher)
        last = self._step(ring, now_ns, ring.watcher.sight(), notices) if readable else []
        flags = EventFlag.CLOSED * closed | EventFlag.PAUSED * paused
        stop = [] if left else [Record(EventKind.STOP, now_ns, ring.watcher.layout.device, queue, flags)]
        return [*last, ring.tally.record(now_ns), *stop]

    def _step(self, ring: _Watched, now_ns: int, words: object, notices: Notices) -> list[Record]:
        self.polls += 1
        records = ring.watcher.step(now_ns, words)
        if any(notices):
            layout = ring.watcher.layout
            records = with_notices(records, layout.device, layout.index, notices, now_ns)
        if records:
            ring.tally.note(records)
        return records


def _gone_on(
    watcher: RingWatcher, layout: QueueLayout, now_ns: int, since: Sequence[Record]
) -> list[Record] | None:  # fmt: skip
    """START and what happened since, if the ring stands where its watcher can follow it."""
    was, start = watcher.layout, watcher.resume(now_ns)
    same = replace(layout, features=layout.features & ~_NOT_THE_DRIVERS) == replace(
        was, features=was.features & ~_NOT_THE_DRIVERS
    )
    words = watcher.sight() if same else None
    if words is None:
        return None
    found = [*since, *watcher.step(now_ns, words)]
    broken = any(r.kind is EventKind.GAP or (r.kind is EventKind.LOOK and r.problems) for r in found)
    return None if broken or not watcher.unaltered() else [start, *(replace(r, time_ns=now_ns) for r in found)]


def with_notices(records: list[Record], device: int, queue: int, notices: Notices, now_ns: int) -> list[Record]:
    """KICK after the first chains made available in this look and before they come back, CALL at the end.

    A look sees what happened since the last one, not in which order; this is the order in which drivers and
    devices do it.
    """
    told = list(records)
    if notices.kicks:
        told.insert(_after_available(records), Record(EventKind.KICK, now_ns, device, queue, count=notices.kicks))
    if notices.calls:
        told.append(Record(EventKind.CALL, now_ns, device, queue, count=notices.calls))
    return told


def _after_available(records: list[Record]) -> int:
    """Behind the first run of AVAILABLE records; at the front when there is none."""
    first = next((i for i, r in enumerate(records) if r.kind is EventKind.AVAILABLE), None)
    if first is None:
        return 0
    rest = (i for i, r in enumerate(records[first:], first) if r.kind is not EventKind.AVAILABLE)
    return next(rest, len(records))
