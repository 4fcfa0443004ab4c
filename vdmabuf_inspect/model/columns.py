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

    Capacity doubles; pages that were never written take no memory.
    """

    def __init__(self, capacity: int = 1024, **columns: DTypeLike) -> None:
        self._columns = {name: np.empty(capacity, dtype) for name, dtype in columns.items()}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getattr__(self, name: str) -> Array:
        try:
            return self.__dict__["_columns"][name][: self._length]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self._columns)

    def still(self) -> "Still":
        """Its rows as they are now: columns of one length, however it grows meanwhile."""
        return Still(self, self._length)

    def append(self, count: int, /, **values: Any) -> int:
        """Add `count` rows, a value for every column (array or scalar); the index of the first."""
        first, end = self._length, self._length + count
        self.reserve(end)
        for name, column in self._columns.items():
            column[first:end] = values[name]
        self._length = end
        return first

    def reserve(self, rows: int) -> None:
        """Make room for `rows` rows in all."""
        capacity = len(next(iter(self._columns.values())))
        if rows <= capacity:
            return
        while capacity < rows:
            capacity *= 2
        for name, column in self._columns.items():
            grown = np.empty(capacity, column.dtype)
            grown[: self._length] = column[: self._length]
            self._columns[name] = grown

    def set(self, name: str, rows: Array, values: Any) -> None:
        """Fill in a value that was not known when its row was added; written once."""
        self._columns[name][rows] = values


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
