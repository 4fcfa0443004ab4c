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
    growth: tuple[int, int] | None = None
    """(then, now) when the minimum rose through four whole quarters in a row; the latest such rise."""
    _level: int = 0

    def note(self, time_ns: Array, live: Array) -> None:
        """Add operations: when, and how many buffers were live after each."""
        if not len(live):
            return
        quarter = time_ns // max(1, self.window_ns // QUARTERS)
        begins = np.flatnonzero(np.r_[True, quarter[1:] != quarter[:-1]])
        lows = np.minimum.reduceat(live, begins)
        ends = live[np.r_[begins[1:] - 1, len(live) - 1]]
        for q, low, end in zip(quarter[begins].tolist(), lows.tolist(), ends.tolist(), strict=True):
            if q not in self.lows:
                self._fill(q)
                self.growth = self._rise() or self.growth
            self.lows[q] = min(self.lows.get(q, self._level), low)
            self._level = end
        for old in sorted(self.lows)[: -2 * QUARTERS]:
            del self.lows[old]

    def _fill(self, quarter: int) -> None:
        """Quarters in which nothing happened stand at the level before."""
        latest = max(self.lows, default=quarter)
        for q in range(max(latest + 1, quarter - 2 * QUARTERS), quarter):
            self.lows[q] = self._level

    def _rise(self) -> tuple[int, int] | None:
        """Whether the latest whole quarters only rose; asked when a new one begins."""
        quarters = sorted(self.lows)[-QUARTERS:]
        lows = [self.lows[q] for q in quarters]
        whole = len(lows) == QUARTERS and quarters[-1] - quarters[0] == QUARTERS - 1
        if whole and all(a < b for a, b in zip(lows, lows[1:], strict=False)) and lows[-1] - lows[0] >= LEAST_GROWTH:
            return lows[0], lows[-1]
        return None
