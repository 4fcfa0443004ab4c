"""Live buffers that only ever grow in number."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array

QUARTERS = 4
LEAST_GROWTH = 4
"""A pool that fills up grows too; fewer new buffers than this are none of our business."""


@dataclass
class Leak:
    """Minimum of live buffers in each quarter of the leak window."""

    window_ns: int
    lows: dict[int, int] = field(default_factory=dict)
    growth: tuple[int, int, int] | None = None
    """(then, now, event row) when the minimum first rose through four whole quarters in a row."""
    _level: int = 0

    def note(self, time_ns: Array, live: Array, row: Array) -> None:
        """Add operations: when, how many buffers were live after each, and at which event."""
        if not len(live):
            return
        quarter = time_ns // max(1, self.window_ns // QUARTERS)
        begins = np.flatnonzero(np.r_[True, quarter[1:] != quarter[:-1]])
        lows = np.minimum.reduceat(live, begins)
        ends = live[np.r_[begins[1:] - 1, len(live) - 1]]
        columns = (quarter[begins], lows, ends, row[begins])
        for q, low, end, at in zip(*(column.tolist() for column in columns), strict=True):
            if q not in self.lows:
                self._fill(q)
                self.growth = self.growth or self._rise(at)
            self.lows[q] = min(self.lows.get(q, self._level), low)
            self._level = end
        for old in sorted(self.lows)[: -2 * QUARTERS]:
            del self.lows[old]

    def _fill(self, quarter: int) -> None:
        """Quarters in which nothing happened stand at the level before."""
        latest = max(self.lows, default=quarter)
        for q in range(max(latest + 1, quarter - 2 * QUARTERS), quarter):
            self.lows[q] = self._level

    def _rise(self, row: int) -> tuple[int, int, int] | None:
        """Whether the latest whole quarters only rose; asked when a new one begins."""
        quarters = sorted(self.lows)[-QUARTERS:]
        lows = [self.lows[q] for q in quarters]
        whole = len(lows) == QUARTERS and quarters[-1] - quarters[0] == QUARTERS - 1
        if whole and all(a < b for a, b in zip(lows, lows[1:], strict=False)) and lows[-1] - lows[0] >= LEAST_GROWTH:
            return lows[0], lows[-1], row
        return None
