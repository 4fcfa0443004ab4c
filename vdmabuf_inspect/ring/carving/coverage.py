"""Which addresses are in memory, many at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory import Memory


class Coverage:
    """The runs of a memory as columns."""

    def __init__(self, memory: Memory) -> None:
        runs = memory.regions()
        self._start = np.array([gpa for gpa, _ in runs] or [0], np.uint64)
        self._end = np.array([gpa + size for gpa, size in runs] or [0], np.uint64)

    def holds(self, gpa: NDArray[Any], size: NDArray[Any]) -> NDArray[np.bool_]:
        """bool[n]: whether all of `size[i]` bytes at `gpa[i]` (uint64) are in one run of memory."""
        at = np.maximum(np.searchsorted(self._start, gpa, side="right") - 1, 0)
        room = self._end[at] - np.minimum(gpa, self._end[at])
        return np.asarray((gpa >= self._start[at]) & (size.astype(np.uint64) <= room))
