"""One queue as of a moment: indices, chains in flight, what both sides ask of each other, what the observer did."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import LOOK
from vdmabuf_inspect.ring.packed.slots import behind, between
from vdmabuf_inspect.ring.wishes import Wish
from vdmabuf_inspect.session.counts import Counts, heard, read_counts
from vdmabuf_inspect.session.queues import Queue
from vdmabuf_inspect.session.session import Session

_STRETCH = 1 << 14


class RingState:
    """A queue after the first `seq` events of its session; everything is looked up when it is asked for."""

    def __init__(self, session: Session, queue: Queue, seq: int) -> None:
        self.session = session
        self.queue = queue
        self.seq = seq
        self.epoch = queue.epoch_at(seq)
        self.begin = self.epoch.row if self.epoch else 0

    @property
    def packed(self) -> bool:
        """Whether it is a packed ring."""
        return self.epoch is not None and self.epoch.layout.packed

    @property
    def stopped(self) -> bool:
        """It was stopped since it was last set up, and has not gone on."""
        stops = self.queue.stops
        at = bisect_left(stops, self.seq)
        return at > 0 and stops[at - 1] >= max(self.begin, self._resumed)

    @property
    def resumed_ns(self) -> int:
        """When it last went on after a pause, 0 where it did not: what waits has waited since then."""
        return int(self.session.events.time_ns[self._resumed]) if self._resumed >= 0 else 0

    @cached_property
    def _resumed(self) -> int:
        resumes = self.queue.resumes
        at = bisect_left(resumes, self.seq)
        return resumes[at - 1] if at and resumes[at - 1] >= self.begin else -1

    @cached_property
    def available(self) -> int:
        """The row at which a chain was last made available, -1 where none was."""
        return self.last(EventKind.AVAILABLE)

    @cached_property
    def used(self) -> int:
        """The row at which a chain was last returned, -1 where none was."""
        return self.last(EventKind.USED)

    @property
    def avail_idx(self) -> int | None:
        """The driver's index, None while unknown; on a packed ring its slot, with the wrap counter in bit 15."""
        return self._index(self.available, self.epoch.avail_idx if self.epoch else None)

    @property
    def used_idx(self) -> int | None:
        """The device's index, None while unknown; on a packed ring its slot, with the wrap counter in bit 15."""
        return self._index(self.used, self.epoch.used_idx if self.epoch else None)

    @cached_property
    def flying(self) -> list[int]:
        """Rows at which the chains that are out now were made available, ascending; newest rows are looked at first.

        Of those before a gap of unknown length nobody knows whether they are still out.
        """
        events, used = self.session.events, self.session.chains.used
        avail, used_idx = self.avail_idx or 0, self.used_idx or 0
        expected = between(avail, used_idx, self.queue.size) if self.packed else (avail - used_idx) & 0xFFFF
        found: list[int] = []
        for start, stop in _backwards(self._known_from, self.seq):
            rows = self._rows(EventKind.AVAILABLE, start, stop)
            back = used[events.chain[rows]]
            found = rows[(back < 0) | (back >= self.seq)].tolist() + found
            if len(found) >= expected:
                break
        return found

    @cached_property
    def in_flight(self) -> int:
        """Chains that the device has, without those that may be newer than they look."""
        return sum(not self.session.record(row).flags & EventFlag.STALE for row in self.flying)

    @property
    def oldest(self) -> int:
        """The row at which the chain that is out for longest was made available, -1 where none is."""
        return self.flying[0] if self.flying else -1

    @cached_property
    def ahead(self) -> int:
        """Chains that were made available before the first one came back."""
        end = min(self.seq, self.begin + _STRETCH)
        used = self._rows(EventKind.USED, self.begin, end)
        return len(self._rows(EventKind.AVAILABLE, self.begin, int(used[0]) if len(used) else end))

    @cached_property
    def _known_from(self) -> int:
        """The row of the latest gap of which nobody knows how long it was, else of the set-up."""
        gaps = reversed(self._marks(EventKind.GAP))
        return next((r for r in gaps if self.session.record(r).flags & EventFlag.AMBIGUOUS), self.begin)

    @property
    def missed(self) -> int:
        """Entries that were overwritten before anybody saw them."""
        gaps = self._marks(EventKind.GAP)
        return sum(self.session.record(row).count for row in gaps)

    @cached_property
    def counts(self) -> Counts | None:
        """What the observer did, as it last told."""
        told = self._marks(EventKind.COUNTS)
        return read_counts(self.session.record(told[-1])) if told else None

    @property
    def heard(self) -> tuple[str, ...]:
        """Which notifications can be noticed, of `kicks` and `calls`."""
        told = self._marks(EventKind.COUNTS) or ([self.epoch.row] if self.epoch else [])
        return heard(self.session.record(told[-1]).flags) if told else ()

    @cached_property
    def wish(self) -> Wish | None:
        """What both sides last asked of each other, None where nothing of it was seen."""
        looks = self._marks(EventKind.LOOK)
        if not looks and self.available < 0 and self.used < 0:
            return None
        wish, told = Wish(), looks[-1] if looks else -1
        if looks:
            wish = _wish(self.session.record(told).readable_bytes)
        if self.used > told:
            wish = wish._replace(used_event=self.session.record(self.used).event)
        if self.available > told:
            wish = wish._replace(avail_event=self.session.record(self.available).event)
        return wish

    def last(self, kind: EventKind, since: int = 0) -> int:
        """The row of the queue's latest event of a kind from row `since` on, -1 where there is none."""
        for start, stop in _backwards(max(self.begin, since), self.seq):
            rows = self._rows(kind, start, stop)
            if len(rows):
                return int(rows[-1])
        return -1

    def latest(self, kind: EventKind, count: int) -> int:
        """The row of the queue's latest event of a kind but `count` - 1, -1 where there are not so many."""
        left = count
        for start, stop in _backwards(self.begin, self.seq):
            rows = self._rows(kind, start, stop)
            if len(rows) >= left:
                return int(rows[-left])
            left -= len(rows)
        return -1

    def recent(self, kind: EventKind, count: int) -> Array:
        """int64[n]: the rows of the queue's latest `count` events of a kind in this set-up, ascending."""
        found: list[Array] = [np.empty(0, np.int64)]
        for start, stop in _backwards(self.begin, self.seq):
            found.insert(0, self._rows(kind, start, stop))
            if sum(map(len, found)) >= count:
                break
        rows = np.concatenate(found)
        return rows[max(0, len(rows) - count) :]

    def _rows(self, kind: EventKind, start: int, stop: int) -> Array:
        events = self.session.events
        return np.flatnonzero((events.qid[start:stop] == self.queue.qid) & (events.kind[start:stop] == kind)) + start

    def _marks(self, kind: EventKind) -> list[int]:
        rows = self.queue.marks[kind]
        return rows[bisect_left(rows, self.begin) : bisect_left(rows, self.seq)]

    def _index(self, row: int, start: int | None) -> int | None:
        """The ring index behind the entry at `row`."""
        if row < 0:
            return start
        entry = self.session.record(row)
        if not self.packed:
            return (entry.index + 1) & 0xFFFF
        return behind(entry.index, max(1, entry.count), self.queue.size)


def _wish(payload: bytes) -> Wish:
    data = payload[: LOOK.itemsize].ljust(LOOK.itemsize, b"\0")
    look = np.frombuffer(data, LOOK)[0]
    return Wish(*(int(look[name]) for name in Wish._fields))


def _backwards(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of rows from the end to the beginning, each twice as long as the one before."""
    length = _STRETCH
    while end > begin:
        start = max(begin, end - length)
        yield start, end
        end, length = start, 2 * length
