"""`vdmabuf-inspect record` as a process of its own beside the peers, and what a recording has counted."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import COUNTS, Record
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session


@dataclass(frozen=True)
class Seen:
    """What one queue's latest set-up shows. `missed` are entries of either side, `ambiguous` says: at least."""

    available: int
    used: int
    missed: int
    ambiguous: bool
    counts: tuple[int, ...]
    """The observer's own totals (model.record.COUNTS), empty where it has told none."""

    @property
    def entries(self) -> int:
        """Seen or missed, of both sides: twice the requests of a queue that rests."""
        return self.available + self.used + self.missed


class Recorder:
    """`record` at work: what it writes, and the process that does."""

    def __init__(self, source: str, path: Path, *options: str) -> None:
        self.path, self._log = path, path.with_suffix(".log")
        program = [sys.executable, "-m", "vdmabuf_inspect", "record", source, "-o", str(path), *options]
        with self._log.open("wb") as file:
            self._process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def pause(self, paused: bool) -> None:
        """Stop the whole process, or let it go on."""
        self._process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def wait_ready(self) -> None:
        """Until the file has its first bytes, so that the source has been opened."""
        begun = lambda: self.path.exists() and self.path.stat().st_size > 0  # noqa: E731
        wait_for(lambda: begun() or self._process.poll() is not None, 30, "the recording")
        assert self._process.poll() is None, self._log.read_text()

    def end(self) -> None:
        """Interrupt it. Raises AssertionError when it does not end well."""
        self.pause(False)
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(20) == 130, self._log.read_text()

    def kill(self) -> None:
        """Make sure that it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


@contextmanager
def recording(source: str, path: Path, *options: str) -> Iterator[Recorder]:
    """Record `source` into `path` while the context lasts; the process must end well."""
    recorder = Recorder(source, path, *options)
    try:
        recorder.wait_ready()
        yield recorder
        recorder.end()
    finally:
        recorder.kill()


def seen(session: Session, device: int, queue: int) -> Seen:
    """What the latest set-up of a queue has counted."""
    known = next(q for q in session.queues.of_device(device) if q.index == queue)
    rows = np.flatnonzero(session.events.qid[known.epochs[-1].row :] == known.qid) + known.epochs[-1].row
    kinds = session.events.kind[rows]

    def records(kind: EventKind) -> list[Record]:
        return [session.record(int(row)) for row in rows[kinds == kind]]

    gaps, counts = records(EventKind.GAP), records(EventKind.COUNTS)
    return Seen(
        sum(not record.flags & EventFlag.PRESUMED for record in records(EventKind.AVAILABLE)),
        int((kinds == EventKind.USED).sum()),
        sum(gap.count for gap in gaps),
        any(gap.flags & EventFlag.AMBIGUOUS or not gap.count for gap in gaps),
        unpack_from("<8Q", counts[-1].readable_bytes) if counts else (),
    )


def rested(path: Path, device: int, queue: int, entries: int, seconds: float = 15.0) -> Seen:
    """What the recording at `path`, still being written, has counted, once that is `entries` or time is up."""
    end = time.monotonic() + seconds
    while True:
        session = inspect(str(path))
        found = seen(session, device, queue) if session.queues.of_device(device) else Seen(0, 0, 0, False, ())
        if found.entries >= entries or time.monotonic() > end:
            return found
        time.sleep(0.1)


def wait_for(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so. Raises AssertionError when it does not become so in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not come in {seconds} s"
        time.sleep(0.02)


assert COUNTS.itemsize == 64
