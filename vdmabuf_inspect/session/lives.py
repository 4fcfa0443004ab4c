"""Where each object stands in the logs, looked up instead of scanned: for what is on the screen, not for bulk."""

from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic
from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import Session

_TAIL = 1 << 16
"""Rows at a log's end that are scanned; when there are more, the index is made anew."""
_REST = 4
"""Making it rests this many times as long as it took; meanwhile more is scanned."""


@dataclass(frozen=True, slots=True)
class Life:
    """One buffer as of a moment; rows are event rows, -1 where there is none."""

    state: int
    last_row: int
    exports: int
    export_row: int


class Index(NamedTuple):
    """The first `built` rows of a log in the order of their objects; an object's begin at its place in `starts`."""

    built: int
    order: Array
    starts: Array


class ByObject:
    """The rows of a log by their `object` column. A log that grew is scanned from where the index ends.

    A longer index is made beside whoever asks, and then takes the place of the one before.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._index = Index(0, np.empty(0, np.int32), np.zeros(1, np.int64))
        self._maker: Thread | None = None
        self._rested = 0.0

    def rows(self, number: int, end: int) -> Array:
        """int64[k]: the log's rows below `end` about one object, ascending."""
        self._extend()
        built, order, starts = self._index
        indexed = order[starts[number] : starts[number + 1]] if 0 <= number < len(starts) - 1 else order[:0]
        early = indexed[: np.searchsorted(indexed, end)]
        late = np.flatnonzero(self._log.object[built:end] == number) + built
        return np.concatenate([early, late])

    def _extend(self) -> None:
        if len(self._log) - self._index.built <= _TAIL or monotonic() < self._rested:
            return
        if self._maker is None or not self._maker.is_alive():
            self._maker = Thread(target=self._make, name="by object", daemon=True)
            self._maker.start()

    def _make(self) -> None:
        begun = monotonic()
        objects = self._log.object
        order = objects.argsort(kind="stable").astype(np.int32)
        ordered = objects.take(order)
        starts = ordered.searchsorted(np.arange(int(ordered[-1]) + 2, dtype=ordered.dtype))
        self._index = Index(len(objects), order, starts)
        ended = monotonic()
        self._rested = ended + _REST * (ended - begun)


class Firsts:
    """At which event objects were first seen, made ascending: of several devices, one's may come a little early."""

    def __init__(self, objects: Log) -> None:
        self._objects = objects
        self._least = Log(row=np.int32)
        self._lock = Lock()

    def known(self, seq: int) -> int:
        """How many objects there are from the first one to the last that was seen among the first `seq` events."""
        with self._lock:
            if len(self._objects) > len(self._least):
                self._extend(self._objects.first[len(self._least) :])
            return place(self._least.row, seq)

    def _extend(self, first: Array) -> None:
        """From each object on, the least."""
        least = np.minimum.accumulate(first[::-1])[::-1]
        later = place(self._least.row, int(least[0]))
        self._least.set("row", np.arange(later, len(self._least)), least[0])
        self._least.append(len(least), row=least)


class Lives:
    """One session's buffers, each as of any moment."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._transitions = ByObject(session.transitions)
        self._messages = ByObject(session.messages)
        self.firsts = Firsts(session.objects)

    def at(self, number: int, seq: int) -> Life:
        """A buffer after `seq` events."""
        steps, messages = self._session.transitions, self._session.messages
        step = self._transitions.rows(number, place(steps.row, seq))
        told = self._messages.rows(number, place(messages.row, seq))
        exports = told[messages.op[told] == Op.EXPORT]
        return Life(
            int(steps.state[step[-1]]) if len(step) else 0,
            int(steps.row[step[-1]]) if len(step) else -1,
            len(exports),
            int(messages.row[exports[-1]]) if len(exports) else -1,
        )

    def steps(self, number: int, seq: int) -> tuple[Array, Array]:
        """(event rows, states after) of a buffer's changes among the first `seq` events, ascending."""
        log = self._session.transitions
        found = self._transitions.rows(number, place(log.row, seq))
        return log.row[found], log.state[found]

    def messages(self, number: int, seq: int) -> Array:
        """Rows of the message log, ascending, about a buffer among the first `seq` events."""
        return self._messages.rows(number, place(self._session.messages.row, seq))

    def events(self, number: int, seq: int) -> Array:
        """Event rows, in no order, of a buffer's messages and changes among the first `seq` events."""
        told, (changed, _) = self.messages(number, seq), self.steps(number, seq)
        return np.concatenate([self._session.messages.row[told], changed])


def lives(session: Session) -> Lives:
    """The session's index, made once."""
    found = getattr(session, "_lives", None)
    if found is None:
        found = Lives(session)
        session._lives = found  # type: ignore[attr-defined]
    return found
