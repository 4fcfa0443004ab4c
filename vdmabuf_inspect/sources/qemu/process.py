"""QEMU's own memory from outside: its mappings, the files behind them, and bytes through /proc.

Reading allocates nothing: files are read by position, and a page of private memory that QEMU has never touched
is not read but known to be zero (a read would map the zero page, and cost a huge page later).
"""

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.qemu.rights import missing_right

_MAPPING = re.compile(
    r"(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) (?P<mode>\S+) (?P<offset>[0-9a-f]+) "
    r"(?P<major>[0-9a-f]+):(?P<minor>[0-9a-f]+) (?P<inode>\d+)\s*(?P<path>.*)"
)
PAGE = os.sysconf("SC_PAGE_SIZE")
_THERE = 3 << 62
"""Bits of a pagemap entry: in memory, in swap."""
_MOST_KNOWN = 1 << 16
Absent = Callable[[int, int], bytes]
"""Reads bytes of pages that are not there, by address and size."""


@dataclass(frozen=True)
class Mapping:
    """One line of /proc/PID/maps; `offset` is that of its first byte in the file."""

    start: int
    end: int
    shared: bool
    offset: int
    device: int
    inode: int
    path: str


def mappings(pid: int) -> list[Mapping]:
    """The process's mappings in address order. Raises SourceError that says which right is missing."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    except OSError as error:
        raise missing_right(pid, error) from None
    return [
        Mapping(
            int(m["start"], 16), int(m["end"], 16), m["mode"][3] == "s", int(m["offset"], 16),
            os.makedev(int(m["major"], 16), int(m["minor"], 16)), int(m["inode"]), m["path"],
        )
        for m in filter(None, map(_MAPPING.fullmatch, lines))
    ]  # fmt: skip


def mapping_at(table: list[Mapping], address: int) -> Mapping | None:
    """The mapping that holds `address`."""
    at = bisect_right(table, address, key=lambda m: m.start) - 1
    return table[at] if at >= 0 and address < table[at].end else None


def file_behind(pid: int, mapping: Mapping) -> EvidenceFile | None:
    """The file that is mapped, opened for reading; None for anonymous memory and where it cannot be opened."""
    if not mapping.inode:
        return None
    for path in _places(pid, mapping):
        with suppress(OSError, SourceError):
            status = path.stat()
            if status.st_ino == mapping.inode and (file := EvidenceFile(path)).regular:
                return file
    return None


def _places(pid: int, mapping: Mapping) -> Iterator[Path]:
    """Where that file may be found: among the process's open files, at its path, as the mapping itself."""
    with suppress(OSError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if fd.stat().st_dev == mapping.device or str(fd.readlink()) == mapping.path:
                    yield fd
    yield Path(mapping.path)
    yield Path(f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}")


class ProcessMemory:
    """Bytes of a process by its own addresses."""

    def __init__(self, pid: int) -> None:
        """Raises SourceError that says which right is missing."""
        self._memory = self._pages = -1
        try:
            self._memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            self._pages = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.__del__()
            raise missing_right(pid, error) from None
        self._known: set[int] = set()

    def read(self, address: int, size: int, absent: Absent) -> bytes:
        """Up to `size` bytes; fewer where they cannot be read. Pages that are not there are `absent`'s to read."""
        size = min(size, MAX_READ)
        first, last = address // PAGE, (address + size - 1) // PAGE
        if first == last and first in self._known:
            return self._bytes(address, size)
        there = self._there(first, last - first + 1)
        if all(there):
            return self._bytes(address, size)
        return b"".join(self._pieces(address, address + size, there, absent))

    def forget(self) -> None:
        """Pages may have gone since they were last asked for."""
        self._known = set()

    def _there(self, first: int, count: int) -> list[bool]:
        """Whether each page is in memory or in swap; one that cannot be told of is taken to be."""
        try:
            raw = os.pread(self._pages, 8 * count, 8 * first)
        except (OSError, OverflowError):
            raw = b""
        entries = memoryview(raw[: len(raw) & ~7]).cast("Q")
        there = [bool(entry & _THERE) for entry in entries]
        there += [True] * (count - len(there))
        if len(self._known) > _MOST_KNOWN:
            self._known = set()
        self._known.update(first + i for i, is_there in enumerate(there) if is_there)
        return there

    def _pieces(self, start: int, end: int, there: list[bool], absent: Absent) -> Iterator[bytes]:
        at = start
        for is_there in there:
            size = min(PAGE - at % PAGE, end - at)
            yield self._bytes(at, size) if is_there else absent(at, size)
            at += size

    def _bytes(self, address: int, size: int) -> bytes:
        try:
            return os.pread(self._memory, size, address)
        except (OSError, OverflowError):
            return b""

    def __del__(self) -> None:
        for fd in (self._memory, self._pages):
            with suppress(OSError):
                if fd >= 0:
                    os.close(fd)
        self._memory = self._pages = -1
