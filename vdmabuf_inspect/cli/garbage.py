"""The garbage collector at start-up: what is imported stays, and looking through it again and again is lost time."""

import gc

_USUAL = gc.get_threshold()
_SELDOM = (100_000, 20, 100)
"""More objects than all imports make, few enough for a command that goes on without `look_as_usual`."""


def look_seldom() -> None:
    """From the program's begin until it has something to do."""
    gc.set_threshold(*_SELDOM)


def look_as_usual() -> None:
    """What there is now is never looked through again; what comes is."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
