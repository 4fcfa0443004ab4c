"""Whether laps can have gone by unseen: a packed ring that went round twice looks as if nothing had happened."""

_FLOOD = 8
"""So many times faster than was seen a ring may be from one look to the next."""
_LEAST = 0.25e-6
"""Slots a nanosecond that any ring is trusted with, however slow it was so far."""
_BLINK_NS = 100_000
"""What happened in less time than this is taken as a burst of that time."""
_REST_NS = 1_000_000_000
"""After this time half of what was seen of a ring's speed is forgotten."""


class Pace:
    """How fast the device of one ring has been seen to return slots: no lap is faster."""

    def __init__(self, size: int) -> None:
        self._round = 2 * size
        self._peak = _LEAST

    def sure(self, elapsed_ns: int) -> bool:
        """Whether no two laps can have gone by in this time."""
        return _FLOOD * self._peak * elapsed_ns < self._round

    def note(self, slots: int, elapsed_ns: int) -> bool:
        """So many slots were seen to come back in this time; whether no two laps can have gone by besides."""
        faded = self._peak * 0.5 ** (elapsed_ns / _REST_NS)
        self._peak = max(_LEAST, faded, slots / max(_BLINK_NS, elapsed_ns))
        return _FLOOD * slots < self._round and self.sure(elapsed_ns)
