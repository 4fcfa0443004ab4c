"""Guest memory as a list of segments, each with a way to read it; a segment given later takes precedence."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vdmabuf_inspect.errors import FaultError

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


class Memory:
    """Guest-physical memory. Reading never raises anything but FaultError and never writes."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.segments = _flatten(list(segments))
        self._starts = [s.gpa for s in self.segments]

    def regions(self) -> list[tuple[int, int]]:
        """(gpa, size) of each run of memory that is there, in address order, neighbours joined."""
        runs: list[tuple[int, int]] = []
        for s in self.segments:
            if runs and sum(runs[-1]) == s.gpa:
                runs[-1] = (runs[-1][0], runs[-1][1] + s.size)
            else:
                runs.append((s.gpa, s.size))
        return runs

    def covers(self, gpa: int, size: int) -> bool:
        """Whether all of `size` bytes at `gpa` are there; nothing is read."""
        end = gpa + size
        while gpa < end:
            segment = self._find(gpa)
            if segment is None:
                return False
            gpa = segment.end
        return True

    def read(self, gpa: int, size: int) -> bytes:
        """`size` bytes at `gpa`, across segments. Raises FaultError with the first address that is missing."""
        parts: list[bytes] = []
        while size > 0:
            segment = self._find(gpa)
            if segment is None:
                raise FaultError(gpa, size)
            wanted = min(size, segment.end - gpa)
            data = segment.read(gpa - segment.gpa, wanted)
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
            return self.read(gpa, fault.address - gpa) if fault.address > gpa else b""

    def _find(self, gpa: int) -> Segment | None:
        at = bisect_right(self._starts, gpa) - 1
        if at < 0 or gpa >= self.segments[at].end:
            return None
        return self.segments[at]


def _flatten(segments: list[Segment]) -> list[Segment]:
    """Segments without overlaps, in address order; where two overlap the later given one is kept."""
    order = sorted(segments, key=lambda s: s.gpa)
    if all(a.end <= b.gpa for a, b in zip(order, order[1:], strict=False)):
        return [s for s in order if s.size > 0]
    return _overlay(segments)


def _overlay(segments: list[Segment]) -> list[Segment]:
    rank = {id(s): i for i, s in enumerate(segments)}
    bounds = sorted({b for s in segments for b in (s.gpa, s.end)})
    starts = sorted(segments, key=lambda s: s.gpa)
    pieces: list[Segment] = []
    active: list[Segment] = []
    at = 0
    for low, high in zip(bounds, bounds[1:], strict=False):
        while at < len(starts) and starts[at].gpa <= low:
            active.append(starts[at])
            at += 1
        active = [s for s in active if s.end > low]
        if active:
            pieces.append(_part(max(active, key=lambda s: rank[id(s)]), low, high))
    return pieces


def _part(segment: Segment, low: int, high: int) -> Segment:
    shift = low - segment.gpa
    if shift == 0 and high == segment.end:
        return segment
    return Segment(low, high - low, lambda offset, size: segment.read(offset + shift, size))
