"""A filter at work on a growing table: it advances a little at every poll, and shows what it has so far."""

import time

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session

_CHUNK = 1 << 16
_BUDGET_S = 0.02


class Selection:
    """The messages that a filter selects among the first `done`."""

    def __init__(self, text: str) -> None:
        """Raises FilterError when the text is no filter."""
        from vdmabuf_inspect.views.filter import compile_filter

        self.text = text
        self.filter = compile_filter(text, "messages")
        self.done = 0
        self.stopped = False
        """The user wants it to look no further."""
        self._hits = np.empty(1024, np.int64)
        self._count = 0

    @property
    def hits(self) -> Array:
        """int64[k]: indices of the messages that match, ascending."""
        return self._hits[: self._count]

    def advance(self, session: Session, budget_s: float = _BUDGET_S) -> bool:
        """Look at messages that were not looked at, for about so long; whether anything was done."""
        total, deadline = len(session.messages), time.monotonic() + budget_s
        if self.done >= total or self.stopped:
            return False
        while self.done < total and time.monotonic() < deadline:
            stop = min(total, self.done + _CHUNK)
            found = np.flatnonzero(self.filter.mask(session, self.done, stop)) + self.done
            self._add(found)
            self.done = stop
        return True

    def restart(self) -> None:
        """Look at everything again: what is known of old messages has changed."""
        self.stopped = False
        self.done = self._count = 0

    def _add(self, found: Array) -> None:
        need = self._count + len(found)
        if need > len(self._hits):
            grown = np.empty(max(need, 2 * len(self._hits)), np.int64)
            grown[: self._count] = self.hits
            self._hits = grown
        self._hits[self._count : need] = found
        self._count = need
