"""Something that takes longer than a key press: it runs beside the screen, says how far it is, and can be ended."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import Any

from vdmabuf_inspect.errors import InspectError

_EVERY = 256


class EndedError(InspectError):
    """The user ended an errand."""


class Errand:
    """One of them. `done`: how much of it, 0 to 1."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done = 0.0
        self._end = Event()

    def end(self) -> None:
        """Give it up."""
        self._end.set()

    def at(self, done: float) -> None:
        """So much is done. Raises EndedError when the user wants no more of it."""
        self.done = done
        if self._end.is_set():
            raise EndedError(f"{self.name}: ended")

    def counted(self, things: Iterable[Any], total: int) -> Iterator[Any]:
        """The same things, their progress told. Raises EndedError."""
        for place, thing in enumerate(things):
            if not place % _EVERY:
                self.at(place / max(1, total))
            yield thing


Work = Callable[[Errand], Any]
"""What is done; its value is handed on."""
