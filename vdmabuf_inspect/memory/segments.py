"""Guest memory as segments, each with a way to read it; a segment given later takes precedence."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory.extents import LIMIT, Column, flatten

Reader = Callable[[int, int], bytes]
"""Reads `size` bytes at `offset` of one segment; may return fewer, which is a fault at the first missing one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`size` bytes at guest-physical `gpa`, read by `read(offset, size)`."""

    gpa: int
    size: int
    read: Reader

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.gpa + self.size


@dataclass(frozen=True, slots=True)
class _Map:
    """Pieces without overlap, in address order; piece i is read by `readers[which[i]]` from `shift[i]` on."""

    starts: list[int]
    ends: list[int]
    shift: list[int]
    which: list[int]
    readers: tuple[Reader, ...]
    runs: list[tuple[int, int]]

    def find(self, gpa: int) -> int:
        """The piece that holds `gpa`, -1 when none does."""
        at = bisect_right(self.starts, gpa) - 1
        return at if at >= 0 and gpa < self.ends[at] else -1


class Memory:
    """Guest-physical memory. Reading never raises anything but FaultError and never writes.

    Several threads may read while one replaces the segments.
    """

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self._map = _of_segments(segments)

    @classmethod
    def of_columns(
        cls, gpa: NDArray[Any], size: NDArray[Any], offset: NDArray[Any], which: NDArray[Any], readers: Sequence[Reader]
    ) -> Self:
        """Memory of `len(gpa)` segments: row i is read by `readers[which[i]]` from `offset[i]` (bytes) on.

        Meant for hundreds of thousands of rows: no Python object is made for a row.
        """
        memory = cls()
        memory._map = _lay(gpa, size, offset.astype(np.int64), which.astype(np.int64), readers)
        return memory

    def replace(self, segments: Iterable[Segment]) -> None:
        """From now on these segments instead: memory was plugged, unplugged or mapped elsewhere."""
        self._map = _of_segments(segments)

    def regions(self) -> list[tuple[int, int]]:
        """(gpa, size) of each run of memory that is there, in address order, neighbours joined."""
        return list(self._map.runs)

    def covers(self, gpa: int, size: int) -> bool:
        """Whether all of `size` bytes at `gpa` are there; nothing is read."""
        pieces = self._map
        end = gpa + size
        while gpa < end:
            at = pieces.find(gpa)
            if at < 0:
                return False
            gpa = pieces.ends[at]
        return True

    def read(self, gpa: int, size: int) -> bytes:
        """`size` bytes at `gpa`, across segments. Raises FaultError with the first address that is missing."""
        pieces = self._map
        parts: list[bytes] = []
        while size > 0:
            at = pieces.find(gpa)
            if at < 0:
                raise FaultError(gpa, size)
            wanted = min(size, pieces.ends[at] - gpa)
            data = pieces.readers[pieces.which[at]](pieces.shift[at] + gpa - pieces.starts[at], wanted)
            parts.append(data)
            if len(data) < wanted:
                raise FaultError(gpa + len(data), size - len(data))
            gpa += wanted
            size -= wanted
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_some(self, gpa: int, size: int) -> bytes:
        """As much of `size` bytes at `gpa` as there is before the first hole."""
        try:
            return self.read(gpa, size)
        except FaultError as fault:
            return self._before(gpa, fault.address)

    def _before(self, gpa: int, end: int) -> bytes:
        try:
            return self.read(gpa, end - gpa)
        except FaultError:  # it went between the two reads
            return b""


def _of_segments(segments: Iterable[Segment]) -> _Map:
    given = [s for s in segments if s.gpa >= 0 and s.size > 0 and s.end <= LIMIT]
    gpa = np.array([s.gpa for s in given], np.int64)
    size = np.array([s.size for s in given], np.int64)
    return _lay(gpa, size, np.zeros_like(gpa), np.arange(len(given)), [s.read for s in given])


def _lay(gpa: NDArray[Any], size: NDArray[Any], offset: Column, which: Column, readers: Sequence[Reader]) -> _Map:
    flat = flatten(gpa, size)
    shift = offset[flat.owner] + (flat.start - gpa[flat.owner].astype(np.int64))
    start, end, shift, which = _joined(flat.start, flat.end, shift, which[flat.owner])
    runs = _runs(start, end)
    return _Map(start.tolist(), end.tolist(), shift.tolist(), which.tolist(), tuple(readers), runs)


def _joined(start: Column, end: Column, shift: Column, which: Column) -> tuple[Column, Column, Column, Column]:
    """Neighbours that one reader reads in one go become one."""
    first = np.ones(len(start), bool)
    follows = (start[1:] == end[:-1]) & (which[1:] == which[:-1])
    first[1:] = ~(follows & (shift[1:] == shift[:-1] + (end - start)[:-1]))
    last = np.roll(first, -1)
    return start[first], end[last], shift[first], which[first]


def _runs(start: Column, end: Column) -> list[tuple[int, int]]:
    first = np.ones(len(start), bool)
    first[1:] = start[1:] != end[:-1]
    low, high = start[first], end[np.roll(first, -1)]
    return list(zip(low.tolist(), (high - low).tolist(), strict=True))
