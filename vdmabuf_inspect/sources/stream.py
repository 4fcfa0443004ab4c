"""A pcapng stream (standard input, a named pipe) copied into a temporary file that the reader follows."""

import os
import select
import sys
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.base import CapturePath

_CHUNK = 1 << 16
_MAGIC = 4

Check = Callable[[str, bytes], None]
"""Raises SourceError when a stream of this name that begins so is not one to read."""


class StreamCopy:
    """Copies `stream` to `path` in a thread, until it ends or `stop` is called."""

    def __init__(self, stream: FileIO | BinaryIO, start: bytes, path: Path) -> None:
        self.path = path
        self._stream = stream
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC)
        with path.open("wb") as file:
            file.write(start)
        weakref.finalize(self, path.unlink, missing_ok=True)
        self._thread = Thread(target=self._copy, name="stream copy", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Nothing more will come."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Stop copying and remove the file. May be called again."""
        if self._woken >= 0:
            woken, self._woken = self._woken, -1
            os.close(woken)
            self._thread.join()
            os.close(self._wake)
        self.path.unlink(missing_ok=True)

    def _copy(self) -> None:
        source = self._stream.fileno()
        with self.path.open("ab", buffering=0) as file, suppress(OSError):
            while self._wake not in select.select([source, self._wake], [], [])[0]:
                data = os.read(source, _CHUNK)
                if not data:
                    return
                file.write(data)


def standard_input() -> BinaryIO:
    """Standard input as bytes. Raises SourceError when a person would have to type it."""
    if sys.stdin is None or sys.stdin.closed:
        raise SourceError("standard input is closed")
    if sys.stdin.isatty():
        raise SourceError("standard input is a terminal; pipe a pcapng capture into it, or give a file's path")
    return sys.stdin.buffer


def copy_stream(name: str, stream: FileIO | BinaryIO, check: Check) -> CapturePath:
    """Wait for the first bytes, check them, and copy the rest in the background. Raises SourceError."""
    start = b""
    while len(start) < _MAGIC and (data := os.read(stream.fileno(), _CHUNK)):
        start += data
    check(name, start)
    handle, path = tempfile.mkstemp(prefix="vdmabuf-inspect-", suffix=".pcapng")
    os.close(handle)
    copy = StreamCopy(stream, start, Path(path))
    return CapturePath(Path(path), name, follow=True, copying=copy)
