"""A session whose writer halts before and after whatever it publishes, and goes on when somebody who reads says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock, Thread, current_thread
from typing import Any

import pytest

from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.columns import Log
from vdmabuf_inspect.session import reading as readings
from vdmabuf_inspect.session.queues import QueueTable
from vdmabuf_inspect.session.reading import Reading
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session

_PUBLISHING = {Log: ("append", "publish", "set"), QueueTable: ("number", "start", "stop", "mark")}
_READING = ("__getattr__", "__len__")


class _Left(BaseException):
    """Nobody wants more of the session."""


class Halting:
    """The writer is a thread that works only while the reader waits for it: nothing depends on time."""

    def __init__(self, path: Path, batch: int, patch: pytest.MonkeyPatch) -> None:
        """batch: records that it takes in at once."""
        self.session = Session(str(path))
        self.over = False
        self._path, self._patch = path, patch
        self._reader = current_thread()
        self._error: BaseException | None = None
        self._leaving = self._stepping = False
        self._reads = self._every = 0
        self._go, self._halted = Lock(), Lock()
        self._go.acquire()
        self._halted.acquire()
        for name in ("_FIRST_BATCH", "_BATCH"):
            patch.setattr(readings, name, batch)
        for cached in vars(RingState).values():
            if hasattr(cached, "lock"):  # up to Python 3.11 a reader that waits would keep the writer out
                patch.setattr(cached, "lock", nullcontext())
        for kind, names in _PUBLISHING.items():
            for name in names:
                patch.setattr(kind, name, self._halting(getattr(kind, name)))
        self._writer = Thread(target=self._write, daemon=True)
        self._writer.start()

    def step(self) -> bool:
        """Let the writer go on to where it halts next; False when it has ended."""
        if not self.over:
            self._go.release()
            self._halted.acquire()
        if self._error is not None:
            raise self._error
        return not self.over

    def advance_when_read(self, every: int, steps: int) -> None:
        """From now on it goes on so many steps before every so manyth column that the reader takes."""
        self._every = every
        for name in _READING:
            self._patch.setattr(Log, name, self._advancing(getattr(Log, name), steps))

    def leave(self) -> None:
        """Nobody wants more of it."""
        self._leaving = True
        while not self.over:
            self.step()

    def _halt(self) -> None:
        self._halted.release()
        self._go.acquire()
        if self._leaving:
            raise _Left

    def _halting(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def halting(*args: Any, **values: Any) -> Any:
            if current_thread() is not self._writer:
                return publish(*args, **values)
            self._halt()
            result = publish(*args, **values)
            self._halt()
            return result

        return halting

    def _advancing(self, read: Callable[..., Any], steps: int) -> Callable[..., Any]:
        def advancing(log: Log, *name: str) -> Any:
            if current_thread() is self._reader and not self._stepping:
                self._stepping, self._reads = True, self._reads + 1
                for _ in range(0 if self._reads % self._every else steps):
                    self.step()
                self._stepping = False
            return read(log, *name)

        return advancing

    def _write(self) -> None:
        self._go.acquire()
        try:
            with CaptureFile(self._path) as capture:
                reading = Reading(capture, self.session)
                while reading.step():
                    pass
                reading.conclude(str(self._path))
        except _Left:
            pass
        except BaseException as error:
            self._error = error
        self.over = True
        self._halted.release()


@contextmanager
def halting(path: Path, batch: int = 3) -> Iterator[Halting]:
    """The writer of a recording, before its first step."""
    with pytest.MonkeyPatch.context() as patch:
        found = Halting(path, batch, patch)
        try:
            yield found
        finally:
            found.leave()
