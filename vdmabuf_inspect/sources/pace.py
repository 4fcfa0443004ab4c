"""How long to wait between two looks: as asked for, or by what happens and by what a look costs."""

import os
import threading
from contextlib import suppress
from time import monotonic

BUSY_SECONDS = 0.00015
WARM_SECONDS = 0.001
"""Between looks at rings that were at work a moment ago: a chain should be seen before it is back."""
IDLE_SECONDS = 0.005
QUIET_SECONDS = 0.02
"""Between looks at rings that have been idle for long and whose driver will kick before it goes on."""
STILL_SECONDS = 0.25
"""Between looks at rings that have been idle for longer and whose driver cannot be heard, at most."""
_SHARE = 0.006
"""A look at such rings takes no larger share of the time."""
_NICE = 10
_GROWTH = 1.3
_WARM_FOR, _HEAT = 1.0, 0.05
"""How long ago a moment ago is at most, in seconds, and how much of that each look gives that found something.

A guest that does one thing every few seconds is quiet.
"""
_QUIET_AFTER, _STILL_AFTER = 200, 600
"""Looks at the idle pace before rings count as quiet: one second, three where nobody would wake us."""
_CALM = 3 * _STILL_AFTER
"""Each look that finds something halves it: one does not end the calm, several do."""
_HOPELESS, _REST = 2, 60
"""After so many hopeless looks in a row rest, so many times as long as one took, then try again. Of two such looks the
first misses what went by in the rest, only the second shows anything.
"""
_BEHIND_SECONDS = 0.01
"""Looks that are overdue are made up for as long as they are not later than this."""


def give_way() -> None:
    """Lower the priority of the thread that calls, for good: whoever is watched goes first where processors are short.

    Only for a process that does nothing but watch: where threads share an interpreter, one that waits to be given
    a processor holds up the others.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Pace:
    """The pause before the next look, in seconds.

    With `poll`, so many looks a second are made (infinity: as many as there can be). Without, hardly any pause while
    something happens, though never a shorter one than the look took, and longer ones the longer nothing does. Where
    more happens than can be followed, samples are taken: whoever is watched would pay for looks that miss most.
    """

    def __init__(self, poll: float | None = None) -> None:
        self._period = None if poll is None else 1 / poll
        self._pause = BUSY_SECONDS
        self._idle = self._hopeless = 0
        self._heat = _WARM_FOR
        self._began = self._busy = self._due = monotonic()
        self._spent = self._rests_until = 0.0

    @property
    def pause(self) -> float:
        """From now on."""
        if self._period is None:
            return max(self._pause, self._spent, self._rests_until - monotonic())
        return max(0.0, self._due - monotonic())

    @property
    def resting(self) -> bool:
        """Whether not even a kick is a reason to look."""
        return monotonic() < self._rests_until

    def begin(self) -> None:
        """A look begins."""
        self._began = monotonic()

    def hurry(self, hopeless: bool = False) -> None:
        """It found something; `hopeless` when it missed more than could be followed."""
        self._end()
        self._busy = self._began
        self._hopeless = self._hopeless % _HOPELESS + 1 if hopeless else 0
        self._pause = BUSY_SECONDS
        if self._hopeless == _HOPELESS and self._period is None:
            self._rests_until = self._began + self._spent * _REST
        self._heat = min(self._heat + _HEAT, _WARM_FOR)
        self._idle //= 2

    def slow(self, kicked: bool) -> None:
        """It found nothing; `kicked` when every ring has a kick to wake us, so that looking is only a precaution."""
        self._end()
        self._idle = _CALM if self._idle > _STILL_AFTER else self._idle + (self._pause >= IDLE_SECONDS)
        limit = self._limit(kicked)
        if self._began - self._busy < self._heat:
            limit = WARM_SECONDS
        else:
            self._heat = 0.0
        self._pause = min(self._pause * _GROWTH, limit)

    def _limit(self, kicked: bool) -> float:
        if self._idle > (_QUIET_AFTER if kicked else _STILL_AFTER):
            return QUIET_SECONDS if kicked else min(max(QUIET_SECONDS, self._spent / _SHARE), STILL_SECONDS)
        return IDLE_SECONDS

    def _end(self) -> None:
        now = monotonic()
        self._spent, self._began = now - self._began, now
        self._due = max(self._due + (self._period or 0.0), now - _BEHIND_SECONDS)
