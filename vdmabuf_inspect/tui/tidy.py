"""The garbage collector while the screen is up: it goes through everything when nobody presses a key, not before a
key's answer is painted.
"""

import gc
import time

LOOKS_A_SECOND = 10
_REST_S = 0.3
"""Without a key, after which there is time."""
_SELDOM = (700, 10, 20)
"""The last is twice Python's own. Lines that were painted go in cycles, hundreds a key."""


def look_seldom() -> None:
    """Before the screen: what was imported stays, and is never gone through."""
    gc.freeze()
    gc.set_threshold(*_SELDOM)


class Tidy:
    """Hears of keys, and is asked now and then whether there is time."""

    def __init__(self) -> None:
        self._pressed = self._tidied = time.monotonic()

    def pressed(self) -> None:
        """A key or the mouse was used."""
        self._pressed = time.monotonic()

    def rest(self) -> None:
        """Go through everything, once after keys were pressed."""
        now = time.monotonic()
        if self._tidied < self._pressed <= now - _REST_S:
            self._tidied = now
            gc.collect()
