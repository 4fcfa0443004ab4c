"""What an observer has done and noticed on one queue since it began there: the totals of COUNTS events."""

from collections.abc import Iterable
from struct import Struct

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.group import RingWatcher

PERIOD_NS = 1_000_000_000
"""Counts are told this often at most, and only when any but the number of looks has changed."""
_COUNTS = Struct("<8Q")


class Tally:
    """The counts of one ring. `heard` is which notifications can be noticed: KICKS_HEARD, CALLS_HEARD."""

    def __init__(self, watcher: RingWatcher, heard: int, now_ns: int) -> None:
        self.heard = heard
        self.kicks = self.calls = self.available = self.used = 0
        self._watcher = watcher
        self._told = self._state()
        self._told_ns = now_ns

    def note(self, records: Iterable[Record]) -> None:
        """Count what one look found; chains that were outstanding already were not seen made available."""
        for record in records:
            if record.kind is EventKind.AVAILABLE:
                self.available += not record.flags & EventFlag.PRESUMED
            elif record.kind is EventKind.USED:
                self.used += 1
            elif record.kind is EventKind.KICK:
                self.kicks += record.count
            elif record.kind is EventKind.CALL:
                self.calls += record.count

    def due(self, now_ns: int) -> list[Record]:
        """A COUNTS event if it is time for one; at once when other notifications can be heard than before."""
        if now_ns - self._told_ns < PERIOD_NS and self.heard == self._told[0]:
            return []
        return [self.record(now_ns)] if self._state() != self._told else []

    def record(self, now_ns: int) -> Record:
        """A COUNTS event (model.record.COUNTS)."""
        self._told, self._told_ns = self._state(), now_ns
        layout, polls = self._watcher.layout, self._watcher.polls
        payload = _COUNTS.pack(polls, *self._told[1:])
        return Record(EventKind.COUNTS, now_ns, layout.device, layout.index, self.heard, readable_bytes=payload)

    def _state(self) -> tuple[int, ...]:
        seen = self._watcher
        return (
            self.heard, seen.missed, seen.torn, seen.ambiguous, self.kicks, self.calls, self.available, self.used,
        )  # fmt: skip
