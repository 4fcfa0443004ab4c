"""Writes captures: whole blocks only, each batch of them with one write, so that a cut file reads up to the cut."""

import errno
import os
import select
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from vdmabuf_inspect import __version__
from vdmabuf_inspect.capture.compose import interface_block, packet_block, section_block
from vdmabuf_inspect.capture.schema import SNAPLEN
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.model.record import CONTROL_QUEUE, HEADER, Record


class Recorder(Protocol):
    """What takes a recording: `CaptureWriter`, and whatever spreads one over files."""

    def add_queue(self, device: int, queue: int, name: str) -> None:
        """Declare a queue."""

    def write(self, record: Record) -> None:
        """Add one record."""

    def flush(self) -> None:
        """Hand everything to the operating system. Raises InspectError."""

    def close(self) -> None:
        """Flush, and close what was opened."""

    @property
    def size(self) -> int:
        """Bytes of the recording so far, in files or still to be written."""


FULL = 1 << 18
"""Bytes of finished blocks after which they are written without being asked."""
APPLICATION = f"vdmabuf-inspect {__version__}"


class HasFileno(Protocol):
    """An open file."""

    def fileno(self) -> int: ...


class CaptureWriter:
    """Writes one section of a capture to a path (created or replaced), an open binary file or a descriptor.

    Blocks are kept until `flush`, or until FULL bytes of them have come together. Raises InspectError when the
    file cannot be made or written; a half-written block is taken back where the file allows it.
    """

    def __init__(
        self,
        target: str | Path | int | HasFileno,
        *,
        application: str = APPLICATION,
        hardware: str = "",
        snaplen: int = SNAPLEN,
    ) -> None:
        self.name = str(target) if isinstance(target, str | Path) else "the capture"
        self._owned = isinstance(target, str | Path)
        self._fd = _descriptor(target)
        self._piped = not self._owned and not stat.S_ISREG(os.fstat(self._fd).st_mode)
        self._snaplen = max(snaplen, HEADER.itemsize)
        self._blocks = bytearray(section_block(application, hardware))
        self._interfaces: dict[tuple[int, int], int] = {}
        self._opened = 0
        self.written = 0
        """Bytes that have reached the file."""

    @property
    def size(self) -> int:
        """Bytes of the recording so far, in the file or still to be written."""
        return self.written + len(self._blocks)

    def add_queue(self, device: int, queue: int, name: str) -> None:
        """Declare queue number `queue` of `device` under `name`, `DEVICE/QUEUE`; records that follow use it."""
        self._interfaces[device, queue] = self._opened
        self._opened += 1
        what = "control plane" if queue == CONTROL_QUEUE else f"virtqueue {queue}"
        self._blocks += interface_block(name, f"{what} of device {device}", self._snaplen)

    def write(self, record: Record) -> None:
        """Add one record. A queue that was not declared gets a number for a name."""
        key = (record.device, record.queue)
        if key not in self._interfaces:
            self.add_queue(*key, f"device{record.device}/{record.queue}")
        self._blocks += packet_block(self._interfaces[key], record, self._snaplen)
        if len(self._blocks) >= FULL:
            self.flush()

    def write_many(self, records: Iterable[Record]) -> None:
        """Add records in order."""
        for record in records:
            self.write(record)

    def flush(self) -> None:
        """Hand everything to the operating system, in one write unless it takes less at a time.

        Where nobody reads the pipe any more that is an error though there be nothing to write.
        """
        data, self._blocks = bytes(self._blocks), bytearray()
        done = 0
        try:
            if self._piped and not data:
                _expect_reader(self._fd)
            while done < len(data):
                done += os.write(self._fd, data[done:] if done else data)
        except OSError as error:
            self._take_back(done)
            raise InspectError(
                f"{self.name} cannot be written: {error.strerror}; make room or choose another"
            ) from error
        self.written += len(data)

    def close(self) -> None:
        """Flush and, when the writer opened the file, close it."""
        if self._fd < 0:
            return
        try:
            self.flush()
        finally:
            if self._owned:
                os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _take_back(self, partial: int) -> None:
        """Cut off the beginning of what could not be written whole; a pipe has no place to go back to."""
        try:
            os.ftruncate(self._fd, os.lseek(self._fd, 0, os.SEEK_CUR) - partial)
            os.lseek(self._fd, 0, os.SEEK_END)
        except OSError:
            return


def _descriptor(target: str | Path | int | HasFileno) -> int:
    if isinstance(target, int):
        return target
    if not isinstance(target, str | Path):
        return target.fileno()
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise InspectError(f"{target} cannot be made: {error.strerror}; choose another place") from error


def _expect_reader(fd: int) -> None:
    """Raises BrokenPipeError when the other end of a pipe or socket is closed."""
    poll = select.poll()
    poll.register(fd, 0)
    if any(state & (select.POLLERR | select.POLLHUP) for _, state in poll.poll(0)):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
