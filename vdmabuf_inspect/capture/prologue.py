"""What a capture that begins in the middle of a recording has to begin with, so that it can be read alone."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import START, Record

Key = tuple[int, int]
_WRAP = 1 << 15


class Prologue:
    """Follows a recording; `records` gives its present state as an observer writes it who comes now.

    That is a START without COMPLETE for every queue that runs, with the indices of now, and an AVAILABLE with
    PRESUMED for every chain that is out; what its writable part held before the device had it is left out. A queue
    that paused is one that runs, with a STOP behind it.
    """

    def __init__(self) -> None:
        self.names: dict[Key, str] = {}
        """Queues by (device, queue), in the order in which they were declared."""
        self._running: dict[Key, Record] = {}
        self._paused: dict[Key, Record] = {}
        self._out: dict[Key, dict[int, Record]] = {}
        self._next: dict[tuple[int, int, EventKind], int] = {}

    def remember(self, record: Record) -> None:
        """Take notice of one record."""
        queue = (record.device, record.queue)
        if record.kind in (EventKind.START, EventKind.STOP):
            if self._pauses(queue, record):
                return
            self._forget(queue)
        if record.kind is EventKind.START:
            self._running[queue] = record
        elif record.kind is EventKind.GAP:
            self._out.pop(queue, None)
        elif record.kind in (EventKind.AVAILABLE, EventKind.USED):
            self._entry(queue, record)

    def records(self, now_ns: int) -> Iterator[Record]:
        """The state as records of the time `now_ns`."""
        for queue, start in self._running.items():
            yield self._late(queue, start, now_ns)
        for chains in self._out.values():
            for record in chains.values():
                flags = record.flags | EventFlag.PRESUMED
                yield replace(record, time_ns=now_ns, flags=flags, writable_bytes=b"", comment="")
        for stop in self._paused.values():
            yield replace(stop, time_ns=now_ns, comment="")

    def _pauses(self, queue: Key, record: Record) -> bool:
        """Whether a START or STOP is a pause or the end of one, which changes nothing else."""
        paused = self._paused.pop(queue, None)
        if not record.flags & EventFlag.PAUSED or queue not in self._running:
            return False
        if record.kind is EventKind.STOP:
            self._paused[queue] = record
        return record.kind is EventKind.STOP or paused is not None

    def _entry(self, queue: Key, record: Record) -> None:
        out = self._out.setdefault(queue, {})
        made = record if record.kind is EventKind.AVAILABLE else out.pop(record.head, record)
        self._next[*queue, record.kind] = self._after(queue, record.index, made)
        if record.kind is EventKind.AVAILABLE:
            out[record.head] = record

    def _after(self, queue: Key, index: int, made: Record) -> int:
        """The ring index behind an entry of a chain; on a packed ring a chain takes as many slots as descriptors."""
        head = _start(self._running[queue])[0] if queue in self._running else None
        if head is None or not int(head["features"]) & Feature.RING_PACKED:
            return (index + 1) & 0xFFFF
        slots = 1 if made.flags & EventFlag.INDIRECT else max(made.chain_length, 1)
        slot, wrap, size = (index & (_WRAP - 1)) + slots, index & _WRAP, int(head["size"])
        return slot | wrap if slot < size else (slot - size) | (wrap ^ _WRAP)

    def _forget(self, queue: Key) -> None:
        self._running.pop(queue, None)
        self._out.pop(queue, None)
        for kind in (EventKind.AVAILABLE, EventKind.USED):
            self._next.pop((*queue, kind), None)

    def _late(self, queue: Key, start: Record, now_ns: int) -> Record:
        head = _start(start)
        for name, kind in (("avail_idx", EventKind.AVAILABLE), ("used_idx", EventKind.USED)):
            head[name] = self._next.get((*queue, kind), int(head[name][0]))
        body = head.tobytes() + start.readable_bytes[START.itemsize :]
        flags = start.flags & ~EventFlag.COMPLETE
        return replace(start, time_ns=now_ns, flags=flags, readable_bytes=body, comment="")


def _start(record: Record) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    """A START's payload, one START; what is missing of it reads as zero."""
    return np.frombuffer(record.readable_bytes[: START.itemsize].ljust(START.itemsize, b"\0"), START).copy()
