"""Pairs USED with AVAILABLE, a batch at a time, by queue and head."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, distinct
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.track.events import Events

_NONE, _AVAILABLE, _USED = 0, 1, 2


def chain_log(events: Log | None = None) -> Log:
    """Chains: the rows of their AVAILABLE and USED events, -1 where not seen (yet); it stands beside the `events`."""
    return Log(beside=events, available=np.int32, used=np.int32)


@dataclass
class Pairing:
    """What each head did last, over all queues. A head takes a slot when it is first seen."""

    chains: Log
    last: Array = field(default_factory=lambda: np.zeros(256, np.uint8))
    chain: Array = field(default_factory=lambda: np.zeros(256, np.int32))
    gap: Array = field(default_factory=lambda: np.zeros(256, np.int32))
    _slot: dict[int, int] = field(default_factory=dict)
    _of_queue: dict[int, list[int]] = field(default_factory=dict)
    _back: tuple[Array, Array] | None = None
    """Published chains that came back in the batch, and the rows of their events."""

    def pair(self, events: Events, gaps: Array) -> None:
        """Fill in `chain`, `paired` and `returned_twice` of the batch and write its chains, for `settle` to publish.

        gaps: int32[n], how often anything was missed on the event's queue up to it.
        """
        n = len(events)
        events.chain = np.full(n, -1, np.int32)
        events.paired = np.zeros(n, bool)
        events.returned_twice = np.zeros(n, bool)
        rows = np.flatnonzero(events.of(EventKind.AVAILABLE) | events.of(EventKind.USED))
        if len(rows):
            self._pair(events, rows, gaps)

    def settle(self) -> None:
        """The batch's events are published, or can be: earlier chains that came back in it name theirs."""
        self.chains.publish()
        back, self._back = self._back, None
        if back is not None:
            self.chains.set("used", *back)

    def forget(self, qid: int) -> None:
        """A queue starts over: nothing is outstanding."""
        self.last[self._slots(qid)] = _NONE

    def outstanding(self, qid: int, gaps: int | None = None) -> Array:
        """Chain rows outstanding on a queue; with `gaps`, only of those since that many stretches were missed."""
        slots = self._slots(qid)
        held = self.last[slots] == _AVAILABLE
        if gaps:
            held &= self.gap[slots] == gaps
        return np.sort(self.chain[slots][held])

    def _slots(self, qid: int) -> Array:
        return np.array(self._of_queue.get(qid, ()), np.int64)

    def _take_slots(self, keys: Array) -> Array:
        """int64[n]: the slot of each head; `keys` are distinct."""
        known = self._slot
        for key in keys.tolist():
            if key not in known:
                known[key] = len(known)
                self._of_queue.setdefault(key >> 16, []).append(known[key])
        self._grow(len(known))
        return np.array([known[key] for key in keys.tolist()], np.int64)

    def _grow(self, slots: int) -> None:
        while len(self.last) < slots:
            for name in ("last", "chain", "gap"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))

    def _pair(self, events: Events, rows: Array, gaps: Array) -> None:
        key = (events.qid[rows].astype(np.uint32) << np.uint32(16)) | events.head[rows].astype(np.uint32)
        order = np.argsort(_narrow(key), kind="stable")
        rows, key = rows[order], key[order]
        used = events.kind[rows] == EventKind.USED
        opens = np.empty(len(rows), bool)
        opens[0] = True
        opens[1:] = key[1:] != key[:-1]
        slots = self._take_slots(key[opens])
        before = np.roll(np.where(used, _USED, _AVAILABLE), 1)
        before[opens] = self.last[slots]
        gap_before = np.roll(gaps[rows], 1)
        gap_before[opens] = self.gap[slots]
        events.paired[rows] = used & (before == _AVAILABLE)
        events.returned_twice[rows] = used & (before == _USED) & (gap_before == gaps[rows])
        chain = self._add_chains(events, rows, used, before)
        inherited = used & (before == _AVAILABLE)
        earlier = np.roll(chain, 1)
        earlier[opens] = self.chain[slots]
        chain = np.where(inherited, earlier, chain).astype(np.int32)
        self._come_back(chain[inherited], events.row[rows[inherited]])
        events.chain[rows] = chain
        closes = np.roll(opens, -1)
        self.last[slots] = np.where(used[closes], _USED, _AVAILABLE)
        self.chain[slots] = chain[closes]
        self.gap[slots] = gaps[rows[closes]]

    def _come_back(self, chains: Array, rows: Array) -> None:
        """Chains of this batch say so at once, earlier ones, which may be looked at, once the events are there."""
        seen = chains < len(self.chains)
        self.chains.set("used", chains[~seen], rows[~seen])
        self._back = chains[seen], rows[seen]

    def _add_chains(self, events: Events, rows: Array, used: Array, before: Array) -> Array:
        """A chain for each AVAILABLE, and one for each USED whose beginning was not seen; in event order."""
        new = ~used | (before != _AVAILABLE)
        place = np.zeros(len(events), bool)
        place[rows[new]] = True
        fresh = np.flatnonzero(place)
        is_used = events.kind[fresh] == EventKind.USED
        first = self.chains.write(
            len(fresh),
            available=np.where(is_used, -1, events.row[fresh]),
            used=np.where(is_used, events.row[fresh], -1),
        )
        number = np.full(len(events), -1, np.int32)
        number[fresh] = first + np.arange(len(fresh), dtype=np.int32)
        return np.asarray(number[rows])


def _narrow(key: Array) -> Array:
    """The key in as few bits as hold it: 16-bit keys sort by radix, ten times faster."""
    queues, heads = int(key.max()) >> 16, int((key & 0xFFFF).max())
    if (queues + 1) * (heads + 1) <= 1 << 16:
        return ((key >> 16) * (heads + 1) + (key & 0xFFFF)).astype(np.uint16)
    return key


def missed_before(events: Events, gaps_so_far: Array) -> Array:
    """int32[n]: gaps on each event's queue up to it. gaps_so_far: int32[queues], updated in place."""
    result = gaps_so_far[events.qid].astype(np.int32)
    is_gap = events.of(EventKind.GAP)
    for qid in distinct(events.qid[is_gap]):
        here = events.qid == qid
        running = np.cumsum(is_gap & here)
        result[here] += running[here].astype(np.int32)
        gaps_so_far[qid] += int(running[-1])
    return result
