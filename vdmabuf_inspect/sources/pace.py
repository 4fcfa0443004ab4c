"""How long to wait between two looks: hardly at all while something happens, longer the longer nothing does."""

BUSY_SECONDS = 0.00015
IDLE_SECONDS = 0.005
QUIET_SECONDS = 0.02
"""Between looks at rings that have been idle for long and whose driver will kick before it goes on."""
_GROWTH = 1.3
_QUIET_AFTER = 200
"""Looks at the idle pace before rings count as quiet: one second."""


class Pace:
    """The pause before the next look, in seconds."""

    def __init__(self) -> None:
        self.pause = BUSY_SECONDS
        self._idle = 0

    def hurry(self) -> None:
        """Something happened."""
        self.pause = BUSY_SECONDS
        self._idle = 0

    def slow(self, kicked: bool) -> None:
        """Nothing happened; `kicked` when every ring has a kick to wake us, so that looking is only a precaution."""
        self._idle += self.pause >= IDLE_SECONDS
        limit = QUIET_SECONDS if kicked and self._idle > _QUIET_AFTER else IDLE_SECONDS
        self.pause = min(self.pause * _GROWTH, limit)
