"""A capture opened for reading: batches of records that still lie in the mapped file."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from vdmabuf_inspect.capture.batch import Batch, Store, join
from vdmabuf_inspect.capture.blocks import Damage, Interface, Section
from vdmabuf_inspect.capture.census import Census, complaint, damaged
from vdmabuf_inspect.capture.packets import Columns
from vdmabuf_inspect.capture.scan import Scan
from vdmabuf_inspect.capture.sniff import HEAD, PCAPNG, advice, recognise
from vdmabuf_inspect.errors import SourceError

PRIMED = 1 << 26
"""Bytes searched for a first record before the constructor returns and leaves the rest to `read`."""


class CaptureFile:
    """Reads one pcapng file of ring events, front to back.

    Raises SourceError, one line for the user, when the file cannot be opened or holds no virtqueue events;
    for a very large one of those this may come from `read`. Damage behind the first block is no error but
    `truncated_at`. With `follow` the file may still grow, and be empty at first.
    """

    def __init__(self, path: str | Path, *, follow: bool = False) -> None:
        self.path = str(path)
        self.follow = follow
        self.notes: dict[int, str] = {}
        """Comments by record, counted from 0 in reading order."""
        self._fd = _open(self.path)
        try:
            self._store = Store(self._fd, self.path)
            self._scan = Scan(self._store)
            self._census = Census()
            self._ready: list[Batch] = []
            self._waiting = 0
            self._prime()
        except BaseException:
            self.close()
            raise

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces declared so far, over all sections."""
        return self._scan.interfaces

    @property
    def sections(self) -> list[Section]:
        """The sections met so far."""
        return self._scan.sections

    @property
    def truncated_at(self) -> Damage | None:
        """Where (byte offset) and why reading stopped ahead of the file's end; None when it did not."""
        return self._scan.damage

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._scan.position / self._store.size if self._store.size else 1.0

    @property
    def skipped(self) -> int:
        """Packets on our link type that are no records of the version known here."""
        return self._census.skipped

    @property
    def remark(self) -> str | None:
        """One line on what was skipped; None when nothing was."""
        return self._census.remark(self.path)

    def read(self, limit: int = 131072) -> Batch | None:
        """At most `limit` further records; None at the end, an empty batch when a followed file has nothing new.

        Raises SourceError when the file turns out to hold no virtqueue events.
        """
        self._fill(limit)
        if self._waiting or (self.follow and self.truncated_at is None):
            return self._take(limit)
        return None

    def close(self) -> None:
        """Close the file; batches stay readable."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _prime(self) -> None:
        """Refuse what is no capture as early as can be known."""
        head = bytes(self._store.data[:HEAD])
        if not self.follow or len(head) >= 4:
            _refuse(self.path, head)
        self._fill(1, PRIMED)

    def _fill(self, wanted: int, budget: int | None = None) -> None:
        """Have `wanted` records ready, unless the file ends or `budget` bytes have been looked at."""
        if self.follow and self._fd >= 0:
            self._store.grow()
        stop = self._store.size if budget is None else self._scan.position + budget
        while self._waiting < wanted and self._scan.position <= stop:
            if (columns := self._scan.advance()) is None:
                self._end()
                return
            self._add(columns)

    def _add(self, columns: Columns) -> None:
        self.notes.update((self._census.records + row, text) for row, text in columns.notes.items())
        self._census.add(columns)
        if count := len(columns.offset):
            found = Batch(self._store, columns.time_ns, columns.offset, columns.size, columns.interface)
            self._ready.append(found)
            self._waiting += count

    def _end(self) -> None:
        """Nothing more for now: judge what the file is, if no record has said so."""
        if not self.follow:
            self._scan.finish()
        if not self._census.records and (fault := self._fault()):
            raise SourceError(fault)

    def _fault(self) -> str | None:
        """Why a file without a record so far is no capture; None when it may still be one."""
        census = self._census
        if not self.sections:
            return damaged(self.path, self.truncated_at) if self.truncated_at else None
        if self.follow and not census.others and not census.skipped:
            return None
        return complaint(self.path, census, self.sections, self.interfaces)

    def _take(self, limit: int) -> Batch:
        taken: list[Batch] = []
        room = limit
        while room and self._ready:
            first = self._ready.pop(0)
            taken.append(first.part(0, room))
            if len(first) > room:
                self._ready.insert(0, first.part(room, len(first)))
            room -= len(taken[-1])
        self._waiting -= limit - room
        return join(self._store, taken)


def _open(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be opened: {reason}; check the path") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise SourceError(f"{path} is no regular file; save what it gives to a file first")
    return fd


def _refuse(path: str, head: bytes) -> None:
    name = recognise(head)
    if name == PCAPNG:
        return
    what = "empty file" if not head else name or "unknown format"
    raise SourceError(f"{path}: {what}, no capture of virtqueue events; {advice(name)}")
