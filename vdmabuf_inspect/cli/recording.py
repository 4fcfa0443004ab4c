"""A live source on its way into a capture: counted, ended in time, and ended in good order by a signal."""

import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.model.record import Record
    from vdmabuf_inspect.sources.base import Mode, Producer, Write

_PERIOD = 0.2


class Meter:
    """The producer itself, but that its records are counted and that it stops at `limit` of them (0: never)."""

    def __init__(self, producer: "Producer", limit: int = 0) -> None:
        self.mode: Mode = producer.mode
        self.name = producer.name
        self.queue_names: Mapping[tuple[int, int], str] = producer.queue_names
        self.count = 0
        self._producer = producer
        self._limit = limit
        self._told = time.monotonic()
        self._terminal = sys.stderr.isatty()

    @property
    def memory(self) -> "Memory | None":
        """The producer's."""
        return self._producer.memory

    def run(self, write: "Write") -> None:
        """Run the producer. Raises what it raises."""

        def counted(record: "Record") -> None:
            self.queue_names = self._producer.queue_names
            write(record)
            self.count += 1
            if self.count == self._limit:
                self.stop()
            self._tell()

        self._producer.run(counted)

    def stop(self) -> None:
        """Stop the producer."""
        self._producer.stop()

    def status(self) -> str:
        """The producer's."""
        return self._producer.status()

    def _tell(self) -> None:
        now = time.monotonic()
        if self._terminal and now - self._told > _PERIOD:
            self._told = now
            print(f"\r\x1b[K{self.count:,} events; {self.status()}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the counter off the screen."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def ended_by_signal(producer: "Producer | Meter") -> Iterator[list[int]]:
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
def ended_in_time(producer: "Producer | Meter", duration_ns: int | None) -> Iterator[None]:
    """The producer is stopped after so many nanoseconds, None for never."""
    timer = threading.Timer((duration_ns or 0) / 1e9, producer.stop)
    timer.daemon = True
    if duration_ns is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
