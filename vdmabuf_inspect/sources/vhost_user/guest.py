"""Guest memory as the front end shares it: regions with their file descriptors, read by position.

Nothing is mapped: reading a hole of a memfd through a mapping would allocate guest pages, pread does not.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.memory.extents import LIMIT
from vdmabuf_inspect.sources.file import MAX_READ
from vdmabuf_inspect.vhost_user.payload import Region


class RegionFile:
    """A duplicate of a region's file descriptor, open as long as anybody may read from it."""

    def __init__(self, fd: int) -> None:
        self._fd = os.dup(fd)

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer where the file ends or cannot be read."""
        try:
            return os.pread(self._fd, min(size, MAX_READ), offset)
        except (OSError, OverflowError):
            return b""

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self._fd)


@dataclass(frozen=True)
class SharedRegion:
    """One region of the memory table and its file."""

    region: Region
    file: RegionFile

    def segment(self) -> Segment:
        """The same as guest memory."""
        start, read = self.region.mmap_offset, self.file.read
        return Segment(self.region.gpa, self.region.size, lambda offset, size: read(start + offset, size))


class SharedMemory:
    """The memory table of a session; `memory` follows it."""

    def __init__(self) -> None:
        self.memory = Memory()
        self._shared: list[SharedRegion] = []

    def set(self, regions: Sequence[Region], fds: Sequence[int]) -> None:
        """A whole new table; fds stay with the caller. A region without one is left out."""
        self._shared = [SharedRegion(r, RegionFile(fd)) for r, fd in zip(regions, fds, strict=False)]
        self._changed()

    def add(self, region: Region, fds: Sequence[int]) -> None:
        """One region more."""
        self._shared += [SharedRegion(region, RegionFile(fd)) for fd in fds[:1]]
        self._changed()

    def remove(self, region: Region) -> None:
        """One region less: told by its addresses and size."""
        gone = (region.gpa, region.size, region.uva)
        self._shared = [s for s in self._shared if (s.region.gpa, s.region.size, s.region.uva) != gone]
        self._changed()

    def gpa_of(self, uva: int) -> int | None:
        """The guest-physical address of a front-end address, None where no region has it."""
        for r in (s.region for s in self._shared):
            if r.uva <= uva < r.uva + r.size:
                gpa = uva - r.uva + r.gpa
                return gpa if gpa < LIMIT else None
        return None

    def _changed(self) -> None:
        self.memory.replace(s.segment() for s in self._shared)
