"""Waiting for a file to grow: told by the file system where it can tell, by looking again where it cannot."""

import logging
from math import inf
from pathlib import Path
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Any, Self

from vdmabuf_inspect.sources.lease import being_written

POLL_SECONDS = 0.1
TOLD_SECONDS = 1.0
"""Looked at this often even where the file system tells: network file systems forget to."""


class GrowthWatch:
    """`wait` returns when the file may have grown. Close it after use; it may be closed from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed = Event()
        self._seen = self._state()
        self._closed = False
        self._observer = _observe(path, self._changed)

    def wait(self, timeout: float | None = None) -> bool:
        """True when it may have grown since the last call, False after `timeout` seconds or when closed."""
        deadline = inf if timeout is None else monotonic() + timeout
        while not self._closed:
            self._changed.clear()
            if self._grown():
                return True
            left = deadline - monotonic()
            if left <= 0:
                return False
            self._changed.wait(min(left, POLL_SECONDS if self._observer is None else TOLD_SECONDS))
        return False

    @property
    def ended(self) -> bool:
        """Whether it is known that nobody has the file open for writing."""
        return being_written(self.path) is False

    def close(self) -> None:
        """End every wait."""
        self._closed = True
        self._changed.set()
        if self._observer is not None:
            self._observer.stop()

    def _grown(self) -> bool:
        seen, self._seen = self._seen, self._state()
        return self._seen != seen

    def _state(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_size, status.st_ino

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _observe(path: Path, changed: Event) -> Any:
    """A running watchdog observer of the file's folder, None where there can be none."""
    try:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer
    except ImportError:
        return None

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.src_path in names or event.dest_path in names:
                changed.set()

    logging.getLogger("watchdog").addHandler(logging.NullHandler())  # or it speaks on standard error
    names = {str(path), str(path.absolute()), str(path.resolve())}
    observer = Observer()
    try:
        observer.schedule(Handler(), str(path.absolute().parent))
        observer.start()
    except (OSError, RuntimeError):
        return None
    return observer
