"""A live source on its way into a capture: counted, limited, and ended in good order by a signal."""

import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vdmabuf_inspect.capture.writer import Recorder
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.model.record import Record
    from vdmabuf_inspect.sources.base import Mode, Producer, Write

_PERIOD = 0.2


class Limited:
    """The producer itself, but that it stops at `limit` records (0: never)."""

    def __init__(self, producer: "Producer", limit: int = 0) -> None:
        self.mode: Mode = producer.mode
        self.name = producer.name
        self._producer = producer
        self._limit = limit
        self._count = 0
        self.stopped = False
        """Somebody has stopped it; otherwise it ended by itself."""
        self.queue_names: Mapping[tuple[int, int], str] = producer.queue_names

    @property
    def memory(self) -> "Memory | None":
        """The producer's."""
        return self._producer.memory

    def run(self, write: "Write") -> None:
        """Run the producer. Raises what it raises."""

        def counted(record: "Record") -> None:
            self.queue_names = self._producer.queue_names
            write(record)
            self._count += 1
            if self._count == self._limit:
                self.stop()

        self._producer.run(counted)

    def stop(self) -> None:
        """Stop the producer."""
        self.stopped = True
        self._producer.stop()

    def status(self) -> str:
        """The producer's."""
        return self._producer.status()


class Tally:
    """The recorder itself, but that it counts and tells, and stops the producer at `most` bytes (0: never)."""

    def __init__(self, recorder: "Recorder", producer: "Producer", most: int = 0) -> None:
        self.count = self.missed = 0
        """Of what has reached the file."""
        self._given = self._gaps = 0
        self._recorder = recorder
        self._producer = producer
        self._most = most
        self._told = time.monotonic()
        self._terminal = sys.stderr.isatty()

    @property
    def size(self) -> int:
        """The recorder's."""
        return self._recorder.size

    @property
    def sentence(self) -> str:
        """`1,234 events, 5 missed, 1.2 MiB`."""
        from vdmabuf_inspect.model.amounts import size

        return f"{self.count:,} events, {self.missed:,} missed, {size(self.size)}"

    def add_queue(self, device: int, queue: int, name: str) -> None:
        """Declare a queue."""
        self._recorder.add_queue(device, queue, name)

    def write(self, record: "Record") -> None:
        """Add one record."""
        from vdmabuf_inspect.model.event import EventKind

        self._recorder.write(record)
        self._given += 1
        if record.kind is EventKind.GAP:
            self._gaps += record.count

    def flush(self) -> None:
        """Flush the recorder. Raises InspectError."""
        self._recorder.flush()
        self.count, self.missed = self._given, self._gaps
        if self._most and self.size >= self._most:
            self._producer.stop()
        self._tell()

    def close(self) -> None:
        """Take the counter off the screen and close the recorder. Raises InspectError."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._recorder.close()

    def _tell(self) -> None:
        now = time.monotonic()
        if self._terminal and now - self._told > _PERIOD:
            self._told = now
            print(f"\r\x1b[K{self.sentence}; {self._producer.status()}", end="", file=sys.stderr, flush=True)


@contextmanager
def ended_by_signal(producer: "Producer") -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM stop the producer, the second time at once; the signals that came are in the list."""
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        producer.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ended_in_time(producer: "Producer", duration_ns: int | None) -> Iterator[None]:
    """The producer is stopped after so many nanoseconds, None for never."""
    timer = threading.Timer((duration_ns or 0) / 1e9, producer.stop)
    timer.daemon = True
    if duration_ns is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
