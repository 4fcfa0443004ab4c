"""Where each object stands in the logs, looked up instead of scanned: for what is on the screen, not for bulk."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import Session

_TAIL = 1 << 16
"""Rows at a log's end that are scanned; when there are more, the index is made anew."""


@dataclass(frozen=True, slots=True)
class Life:
    """One buffer as of a moment; rows are event rows, -1 where there is none."""

    state: int
    last_row: int
    exports: int
    export_row: int


class ByObject:
    """The rows of a log by their `object` column. A log that grew is scanned from where the index ends."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._built = 0
        self._order: Array = np.empty(0, np.int32)
        self._starts: Array = np.zeros(1, np.int64)

    def rows(self, number: int, end: int) -> Array:
        """int64[k]: the log's rows below `end` about one object, ascending."""
        self._extend()
        indexed = self._order[:0]
        if number + 1 < len(self._starts):
            indexed = self._order[self._starts[number] : self._starts[number + 1]]
        early = indexed[: np.searchsorted(indexed, end)]
        late = np.flatnonzero(self._log.object[self._built : end] == number) + self._built
        return np.concatenate([early, late])

    def _extend(self) -> None:
        if len(self._log) - self._built <= max(_TAIL, self._built // 2):
            return
        objects = self._log.object
        self._order = np.argsort(objects, kind="stable").astype(np.int32)
        ordered = objects[self._order]
        self._starts = np.searchsorted(ordered, np.arange(int(ordered[-1]) + 2, dtype=ordered.dtype))
        self._built = len(objects)


class Lives:
    """One session's buffers, each as of any moment."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._transitions = ByObject(session.transitions)
        self._messages = ByObject(session.messages)

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


def lives(session: Session) -> Lives:
    """The session's index, made once."""
    found = getattr(session, "_lives", None)
    if found is None:
        found = Lives(session)
        session._lives = found  # type: ignore[attr-defined]
    return found
