"""Append-only columns: one array a field, one writer, any number of readers."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def place(column: Array, value: int) -> int:
    """Index of the first entry of an ascending column of integers at or above `value`.

    The value takes the column's type; NumPy would otherwise copy the whole column to the value's.
    """
    limits = np.iinfo(column.dtype)
    if value > limits.max:
        return len(column)
    return int(column.searchsorted(column.dtype.type(max(value, int(limits.min)))))


class Log:
    """Named columns of equal length. Rows are published last, so a reader never sees half a row.

    Logs whose rows name each other stand `beside` each other: what was written to them is published at one instant.
    A reader takes a column when it knows which rows to look up in it: one that was taken before may end before them.
    Capacity doubles; pages that were never written take no memory.
    """

    def __init__(self, capacity: int = 1024, beside: "Log | None" = None, **columns: DTypeLike) -> None:
        self._columns = {name: np.empty(capacity, dtype) for name, dtype in columns.items()}
        self._written = 0
        self._shown: _Shown = _Shown() if beside is None else beside._shown
        self._place = self._shown.join(self)

    def __len__(self) -> int:
        return self._shown.ends[self._place]

    def __getattr__(self, name: str) -> Array:
        try:
            end = self.__dict__["_shown"].ends[self._place]  # before the column, which may be another with more rows
            return self.__dict__["_columns"][name][:end]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self._columns)

    def still(self) -> "Still":
        """Its rows as they are now: columns of one length, however it grows meanwhile."""
        return Still(self, len(self))

    def append(self, count: int, /, **values: Any) -> int:
        """Add `count` rows, a value for every column (array or scalar), and publish; the index of the first."""
        first = self.write(count, **values)
        self.publish()
        return first

    def write(self, count: int, /, **values: Any) -> int:
        """Add rows that nobody sees until they are published; the index of the first."""
        first, end = self._written, self._written + count
        self.reserve(end)
        for name, column in self._columns.items():
            column[first:end] = values[name]
        self._written = end
        return first

    def publish(self) -> None:
        """Show what was written, here and to the logs beside it."""
        self._shown.publish()

    def reserve(self, rows: int) -> None:
        """Make room for `rows` rows in all."""
        capacity = len(next(iter(self._columns.values())))
        if rows <= capacity:
            return
        while capacity < rows:
            capacity *= 2
        for name, column in self._columns.items():
            grown = np.empty(capacity, column.dtype)
            grown[: self._written] = column[: self._written]
            self._columns[name] = grown

    def set(self, name: str, rows: Array, values: Any) -> None:
        """Fill in a value that was not known when its row was added; written once."""
        self._columns[name][rows] = values


class _Shown:
    """How many rows of each log are published, of logs that stand beside each other: one assignment changes all."""

    def __init__(self) -> None:
        self.ends: tuple[int, ...] = ()
        self._logs: list[Log] = []

    def join(self, log: Log) -> int:
        """A log's place in `ends`."""
        self._logs.append(log)
        self.publish()
        return len(self._logs) - 1

    def publish(self) -> None:
        self.ends = tuple(log._written for log in self._logs)


class Still:
    """The first rows of a log, for a reader who compares its columns with each other while somebody writes."""

    def __init__(self, log: Log, length: int) -> None:
        self._log = log
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getattr__(self, name: str) -> Array:
        return getattr(self.__dict__["_log"], name)[: self._length]  # type: ignore[no-any-return]


def distinct(values: Array) -> Array:
    """The different values of an integer column, ascending.

    Unlike np.unique it does not import masked arrays, which costs start-up; small numbers are counted, not sorted.
    """
    if not len(values):
        return values
    if values.min() >= 0 and values.max() < 1 << 16:
        return np.flatnonzero(np.bincount(values))
    ordered = np.sort(values)
    return np.asarray(ordered[np.r_[True, ordered[1:] != ordered[:-1]]])
