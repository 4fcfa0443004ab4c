"""Some rows of one table, as of a moment: what a field's getter reads from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.record import HEADER
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session


@dataclass
class Rows:
    """Rows `index` (a slice, or ascending int64[n]) of a table's log; events from `seq` on do not count."""

    session: Session
    index: slice | Array
    seq: int

    @cached_property
    def numbers(self) -> Array:
        """int64[n]: the rows."""
        return np.arange(self.index.start, self.index.stop) if isinstance(self.index, slice) else self.index

    def __len__(self) -> int:
        return self.index.stop - self.index.start if isinstance(self.index, slice) else len(self.index)

    def take(self, at: Array) -> Self:
        """Those at places `at`."""
        return type(self)(self.session, self.numbers[at], self.seq)

    @cached_property
    def moment(self) -> Moment:
        """The state as of `seq`."""
        return Moment(self.session, self.seq)

    @property
    def origin(self) -> int:
        """Time of the session's first event, nanoseconds."""
        times = self.session.events.time_ns
        return int(times[0]) if len(times) else 0


def event_column(session: Session, name: str, rows: Array) -> Array:
    """A column of the event log at event rows, of which those that are negative read as some other."""
    return np.asarray(getattr(session.events, name).take(rows, mode="clip"))


def header(session: Session, name: str, rows: Array) -> Array:
    """int64[n]: a field of the records' headers (model.record.HEADER) at event rows; of negative rows, anything."""
    dtype, offset = HEADER.fields[name][:2]  # type: ignore[index]
    if session.store is None:
        return np.zeros(len(rows), np.int64)
    words = session.store.words.take((event_column(session, "offset", rows) + offset) >> 2, mode="clip")
    return np.asarray((words >> (8 * (offset % 4))) & ((1 << 8 * dtype.itemsize) - 1)).astype(np.int64)


def marks(length: int, numbers: Array) -> Array:
    """bool[length + 1] with those numbers set; the last entry, False, answers for -1."""
    table = np.zeros(length + 1, bool)
    table[numbers] = True
    table[-1] = False
    return table
