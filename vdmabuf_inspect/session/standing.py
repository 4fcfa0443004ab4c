"""What a log's rows say of each object, as of any row: rows up to a checkpoint are taken in once, not at every look."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import Session

CHUNK = 1 << 15
"""Rows between two checkpoints."""

Columns = dict[str, Array]
Take = Callable[[Columns, int, int], None]
"""Takes in rows `start` to `stop` of the log, which come after all that were taken in."""


class Standing:
    """Columns with a row an object. `fill`: what stands where no row has said anything, by the column's name.

    May be asked from several threads. A checkpoint is kept for the latest moment asked for; an earlier one begins anew.
    """

    def __init__(self, fill: Mapping[str, Any], take: Take) -> None:
        self._fill, self._take = fill, take
        self._columns: Columns = {name: np.empty(0, value.dtype) for name, value in fill.items()}
        self._done = 0
        self._lock = Lock()

    def at(self, count: int, objects: int) -> Columns:
        """After the log's first `count` rows, of the first `objects` objects, which are all that the rows name."""
        base = count // CHUNK * CHUNK
        with self._lock:
            if base < self._done:
                self._columns, self._done = {n: c[:0] for n, c in self._columns.items()}, 0
            self._grow(objects)
            if base > self._done:
                self._take(self._columns, self._done, base)
                self._done = base
            found = {name: column[:objects].copy() for name, column in self._columns.items()}
        self._take(found, base, count)
        return found

    def _grow(self, objects: int) -> None:
        for name, column in self._columns.items():
            if len(column) < objects:
                more = np.full(objects - len(column), self._fill[name])
                self._columns[name] = np.concatenate([column, more])


class Standings:
    """The session's: `steps` (state, last_row: event row or -1) and `exports` (exports, export_row)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.steps = Standing({"state": np.uint8(0), "last_row": np.int32(-1)}, self._step)
        self.exports = Standing({"exports": np.int64(0), "export_row": np.int32(-1)}, self._export)

        self._levels = [0]
        self._lock = Lock()

    def live(self, steps: int) -> int:
        """Objects that are live after the first `steps` transitions."""
        change, base = self._session.transitions.change, steps // CHUNK
        with self._lock:
            for at in range(len(self._levels) - 1, base):
                self._levels.append(self._levels[at] + int(change[at * CHUNK : (at + 1) * CHUNK].sum()))
        return self._levels[base] + int(change[base * CHUNK : steps].sum())

    def _step(self, columns: Columns, start: int, stop: int) -> None:
        log = self._session.transitions
        which = log.object[start:stop]
        columns["state"][which] = log.state[start:stop]  # of several rows of one object the last one stays
        columns["last_row"][which] = log.row[start:stop]

    def _export(self, columns: Columns, start: int, stop: int) -> None:
        log = self._session.messages
        mine = (log.op[start:stop] == Op.EXPORT) & (log.object[start:stop] >= 0)
        which = log.object[start:stop][mine]
        columns["exports"] += np.bincount(which, minlength=len(columns["exports"]))
        columns["export_row"][which] = log.row[start:stop][mine]


def standings(session: Session) -> Standings:
    """The session's, made once."""
    found: Standings | None = getattr(session, "_standings", None)
    if found is None:
        found = Standings(session)
        session._standings = found  # type: ignore[attr-defined]
    return found
