"""Where each object stands in the logs, looked up instead of scanned: for what is on the screen, not for bulk."""

from dataclasses import dataclass
from threading import Lock, Thread
from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import Session

_TAIL = 1 << 16
"""Rows at a log's end that are scanned; of more a part is made."""


@dataclass(frozen=True, slots=True)
class Life:
    """One buffer as of a moment; rows are event rows, -1 where there is none."""

    state: int
    last_row: int
    exports: int
    export_row: int


class Part(NamedTuple):
    """Rows `begin` to `end` of a log in the order of their objects; those of object `first` + i from `starts[i]`."""

    begin: int
    end: int
    order: Array
    first: int
    starts: Array

    def rows(self, number: int) -> Array:
        """The rows about one object, ascending."""
        at = number - self.first
        return self.order[self.starts[at] : self.starts[at + 1]] if 0 <= at < len(self.starts) - 1 else self.order[:0]


class ByObject:
    """The rows of a log by their `object` column. What the log grew by is scanned until a further part is made of it.

    Parts are made beside whoever asks. A part takes in those before it that are no longer than itself, so that there
    are always few.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._parts: tuple[Part, ...] = ()
        self._maker: Thread | None = None

    def rows(self, number: int, end: int) -> Array:
        """int64[k]: the log's rows below `end` about one object, ascending."""
        self._extend()
        parts = self._parts
        built = parts[-1].end if parts else 0
        early = np.concatenate([np.empty(0, np.int64), *(part.rows(number) for part in parts if part.begin < end)])
        late = np.flatnonzero(self._log.object[built:end] == number) + built
        return np.concatenate([early[: place(early, end)], late])

    def _extend(self) -> None:
        if len(self._log) - (self._parts[-1].end if self._parts else 0) <= _TAIL:
            return
        if self._maker is None or not self._maker.is_alive():
            self._maker = Thread(target=self._make, name="by object", daemon=True)
            self._maker.start()

    def _make(self) -> None:
        parts, end = list(self._parts), len(self._log)
        begin = parts[-1].end if parts else 0
        while parts and parts[-1].end - parts[-1].begin <= end - begin:
            begin = parts.pop().begin
        self._parts = (*parts, _part(self._log.object[begin:end], begin))


def _part(objects: Array, begin: int) -> Part:
    order = objects.argsort(kind="stable").astype(np.int32)
    ordered = objects.take(order)
    first = int(ordered[0])
    starts = ordered.searchsorted(np.arange(first, int(ordered[-1]) + 2, dtype=ordered.dtype))
    return Part(begin, begin + len(objects), order + np.int32(begin), first, starts)


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
