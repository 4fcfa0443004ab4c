"""A recording in several files, one after the other, each a whole capture by itself."""

import time
from collections.abc import Callable
from pathlib import Path

from vdmabuf_inspect.capture.prologue import Prologue
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.model.record import Record

SMALLEST = 1 << 15
"""Bytes below which a file would hold too little to be of use."""
_LONGEST = 9 / 8
"""A file that is so much longer than it should be is ended though its last look may go on."""
_SENSE = 5 / 4
"""A file holds at least so many times what it has to begin with, or it would hold nothing else."""

Places = Callable[[list[Path]], list[Path]]
"""Given the files that there are, oldest first, makes room for one more: those that stay, the new one last."""


class Series:
    """Writes to the file that `places` names last, to a new one when that holds `size` bytes or is `duration_ns` old.

    A file ends between two looks, with the first record for which there is no room or time any more. The next one
    begins with the state of every queue as a late observer finds it (`Prologue`). 0 is no limit.
    """

    def __init__(self, places: Places, size: int = 0, duration_ns: int = 0) -> None:
        """Raises InspectError when the file cannot be made."""
        self._places = places
        self._size = max(size, SMALLEST) if size else 0
        self._duration_ns = duration_ns
        self._prologue = Prologue()
        self._before = 0
        self._least = 0.0
        self._began = self._latest = -1
        self.files = _placed(places, [])
        """The files that there are, oldest first."""
        self._writer = CaptureWriter(self.files[-1])

    @property
    def size(self) -> int:
        """Bytes recorded so far, in files that are gone too."""
        return self._before + self._writer.size

    def add_queue(self, device: int, queue: int, name: str) -> None:
        """Declare a queue, in this file and in all that follow."""
        self._prologue.names[device, queue] = name
        self._writer.add_queue(device, queue, name)

    def write(self, record: Record) -> None:
        """Add one record, to a new file where the present one is full."""
        if self._began < 0:
            self._began = record.time_ns
        if self._full(record.time_ns):
            self._turn(record.time_ns)
        self._latest = record.time_ns
        self._writer.write(record)
        self._prologue.remember(record)

    def flush(self) -> None:
        """Hand everything to the operating system. Raises InspectError."""
        self._writer.flush()

    def close(self) -> None:
        """Flush and close."""
        self._writer.close()

    def _full(self, now_ns: int) -> bool:
        old = self._duration_ns and now_ns - self._began >= self._duration_ns
        size = self._writer.size
        if size < self._least:
            return bool(old)
        if now_ns == self._latest:  # within a look
            return bool(self._size) and size >= _LONGEST * self._size
        return bool(old or (self._size and size >= self._size))

    def _turn(self, now_ns: int) -> None:
        self._writer.close()
        self._before += self._writer.size
        self.files = _placed(self._places, self.files)
        self._writer = CaptureWriter(self.files[-1])
        self._began = now_ns
        for key, name in self._prologue.names.items():
            self._writer.add_queue(*key, name)
        self._writer.write_many(self._prologue.records(now_ns))
        self._least = _SENSE * self._writer.size


def newest(path: Path) -> Places:
    """Two files: `path`, and before it its name with `.older`, in whose place the full one goes."""
    older = path.with_name(f"{path.stem}.older{path.suffix}")

    def place(files: list[Path]) -> list[Path]:
        if not files:
            return [path]
        path.replace(older)
        return [older, path]

    return place


def numbered(path: Path, most: int = 0) -> Places:
    """`NAME_00001_20260131235959.pcapng` and so on, with the local time of its making; at most `most` files, 0: all."""
    made = 0

    def place(files: list[Path]) -> list[Path]:
        nonlocal made
        made += 1
        stamp = time.strftime("%Y%m%d%H%M%S")
        files = [*files, path.with_name(f"{path.stem}_{made:05}_{stamp}{path.suffix}")]
        gone, kept = (files[:-most], files[-most:]) if most else ([], files)
        for old in gone:
            old.unlink(missing_ok=True)
        return kept

    return place


def _placed(places: Places, files: list[Path]) -> list[Path]:
    try:
        return places(files)
    except OSError as error:
        raise InspectError(f"{error.filename} cannot be moved or removed: {error.strerror}") from error
