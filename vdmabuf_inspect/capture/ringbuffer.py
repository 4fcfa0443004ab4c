"""A recording that keeps only its newest part, in two files of half the size each."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START, Record

SMALLEST = 1 << 16
"""Bytes below which two files would hold too little to be of use."""


class RingBuffer:
    """Writes to `path`; when that holds half of `limit` bytes it becomes `older` (its predecessor goes).

    Each file opens by itself: it begins with the set-up of every queue that runs and with the chains that are
    out, marked as a late observer's are (START without COMPLETE, AVAILABLE with PRESUMED). Both names always
    hold whole files. One record longer than half the limit exceeds it.
    """

    def __init__(self, path: Path, limit: int) -> None:
        """Raises InspectError when the file cannot be made."""
        self.path = path
        self.older = path.with_name(f"{path.stem}.older{path.suffix}")
        self._half = max(limit, SMALLEST) // 2
        self._writer = CaptureWriter(path)
        self._names: dict[tuple[int, int], str] = {}
        self._running: dict[tuple[int, int], Record] = {}
        self._out: dict[tuple[int, int, int], Record] = {}
        self._next: dict[tuple[int, int, EventKind], int] = {}

    def add_queue(self, device: int, queue: int, name: str) -> None:
        """Declare a queue, in this file and in all that follow."""
        self._names[device, queue] = name
        self._writer.add_queue(device, queue, name)

    def write(self, record: Record) -> None:
        """Add one record, to a new file where the present one is full."""
        if self._writer.size >= self._half:
            self._turn(record.time_ns)
        self._writer.write(record)
        self._remember(record)

    def flush(self) -> None:
        """Hand everything to the operating system. Raises InspectError."""
        self._writer.flush()

    def close(self) -> None:
        """Flush and close."""
        self._writer.close()

    def _remember(self, record: Record) -> None:
        """What a new file has to begin with."""
        queue = (record.device, record.queue)
        if record.kind in (EventKind.START, EventKind.STOP):
            self._forget(queue)
        if record.kind is EventKind.START:
            self._running[queue] = record
        elif record.kind is EventKind.AVAILABLE:
            self._out[*queue, record.head] = record
        elif record.kind is EventKind.USED:
            self._out.pop((*queue, record.head), None)
        if record.kind in (EventKind.AVAILABLE, EventKind.USED):
            self._next[*queue, record.kind] = (record.index + 1) & 0xFFFF

    def _forget(self, queue: tuple[int, int]) -> None:
        self._running.pop(queue, None)
        self._out = {key: record for key, record in self._out.items() if key[:2] != queue}
        self._next = {key: index for key, index in self._next.items() if key[:2] != queue}

    def _turn(self, now_ns: int) -> None:
        self._writer.close()
        self.path.replace(self.older)
        self._writer = CaptureWriter(self.path)
        for key, name in self._names.items():
            self._writer.add_queue(*key, name)
        for queue, start in self._running.items():
            self._writer.write(self._late(queue, start, now_ns))
        for record in self._out.values():
            flags = record.flags | EventFlag.PRESUMED
            self._writer.write(replace(record, time_ns=now_ns, flags=flags, comment=""))

    def _late(self, queue: tuple[int, int], start: Record, now_ns: int) -> Record:
        """The queue's START as somebody writes it who comes now."""
        data = start.readable_bytes
        head = np.frombuffer(data[: START.itemsize].ljust(START.itemsize, b"\0"), START).copy()
        for name, kind in (("avail_idx", EventKind.AVAILABLE), ("used_idx", EventKind.USED)):
            head[name] = self._next.get((*queue, kind), int(head[name][0]))
        body = head.tobytes() + data[START.itemsize :]
        flags = start.flags & ~EventFlag.COMPLETE
        return replace(start, time_ns=now_ns, flags=flags, readable_bytes=body, comment="")
