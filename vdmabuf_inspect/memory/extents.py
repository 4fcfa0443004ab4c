"""Overlapping runs of addresses made flat: for each address the run that was given last."""

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
LIMIT = (1 << 63) - 1
"""No memory is looked for at or above this address: every real guest-physical address is far below."""


@dataclass(frozen=True)
class Extents:
    """Runs without overlap in address order; `owner` is the row given that each piece is a part of."""

    start: Column
    end: Column
    owner: Column


def flatten(gpa: NDArray[Any], size: NDArray[Any]) -> Extents:
    """Runs `gpa[i]` to `gpa[i] + size[i]` (any integers) as Extents; empty and impossible runs are dropped.

    Takes O(n log n) for any input. The same run given again and again costs no more than a sort.
    """
    gpa, size = gpa.astype(np.uint64), size.astype(np.uint64)
    rows = np.flatnonzero((size > 0) & (gpa < LIMIT) & (size <= LIMIT - np.minimum(gpa, LIMIT)))
    start, end = gpa[rows].astype(np.int64), (gpa[rows] + size[rows]).astype(np.int64)
    order = np.lexsort((rows, end, start))
    start, end, rows = start[order], end[order], rows[order]
    last = np.ones(len(rows), bool)
    last[:-1] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    start, end, rows = start[last], end[last], rows[last]
    if np.all(end[:-1] <= start[1:]):
        return Extents(start, end, rows)
    return _sweep(start.tolist(), end.tolist(), rows.tolist())


def _sweep(starts: list[int], ends: list[int], rows: list[int]) -> Extents:
    pieces: list[tuple[int, int, int]] = []
    open_runs: list[tuple[int, int]] = []
    coming, at = 0, 0
    while coming < len(starts) or open_runs:
        if not open_runs:
            at = starts[coming]
        while coming < len(starts) and starts[coming] <= at:
            heappush(open_runs, (-rows[coming], ends[coming]))
            coming += 1
        while open_runs and open_runs[0][1] <= at:
            heappop(open_runs)
        if open_runs:
            row, stop = -open_runs[0][0], open_runs[0][1]
            stop = min(stop, starts[coming]) if coming < len(starts) else stop
            _append(pieces, at, stop, row)
            at = stop
    table = np.array(pieces, np.int64).reshape(-1, 3)
    return Extents(table[:, 0], table[:, 1], table[:, 2])


def _append(pieces: list[tuple[int, int, int]], start: int, stop: int, row: int) -> None:
    if pieces and pieces[-1][1:] == (start, row):
        start = pieces.pop()[0]
    pieces.append((start, stop, row))
