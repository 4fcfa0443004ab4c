"""A view: named columns and rows on demand. The command line prints it, JSON dumps it, the TUI scrolls it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.session.session import Session

Row = Mapping[str, Any]
"""Values by JSON name: numbers, strings, booleans, None, lists and mappings of those."""


def plain(value: Any) -> str:
    """A value as text: empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return " ".join(plain(v) for v in value)
    return str(value)


@dataclass(frozen=True)
class Column:
    """One column. `name` is its JSON name, `width` the cells it likes; `shown` False keeps it to JSON and CSV,
    `data` False keeps it out of them: the names there are a contract.
    """

    name: str
    title: str
    width: int
    right: bool = False
    text: Callable[[Any], str] = plain
    shown: bool = True
    data: bool = True


class View:
    """Rows of one table of a session as of a moment, all or a selection of them.

    seq: events that count, None for all that there are (and will be). selection: int64[k], ascending indices
    into the table's rows, None for all. Subclasses say `name`, `columns`, `total`, `make` and `row_seq`.
    """

    name = ""
    columns: tuple[Column, ...] = ()

    def __init__(self, session: Session, seq: int | None = None, selection: Array | None = None) -> None:
        self.session = session
        self.seq = seq
        self.selection = selection

    def __len__(self) -> int:
        if self.selection is None:
            return self.total()
        return place(self.selection, self.total())

    @property
    def at(self) -> int:
        """The sequence number that the view shows the state of."""
        return self.session.seq if self.seq is None else self.seq

    def index(self, i: int) -> int:
        """The table's row behind row `i` of the view."""
        return i if self.selection is None else int(self.selection[i])

    def indices(self, start: int, stop: int) -> Array:
        """int64[stop - start]: the table's rows behind rows `start` to `stop` of the view."""
        return np.arange(start, stop) if self.selection is None else self.selection[start:stop]

    def row(self, i: int) -> Row:
        """Row `i`, every column by name. Raises IndexError outside the view."""
        if not 0 <= i < len(self):
            raise IndexError(i)
        return self.make(self.index(i))

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`, as `row` gives them; a view that can makes many at a time."""
        return (self.make(self.index(i)) for i in range(start, min(stop, len(self))))

    def cells(self, i: int) -> list[str]:
        """Row `i` as text, the shown columns only."""
        row = self.row(i)
        return [column.text(row[column.name]) for column in self.columns if column.shown]

    def place(self, seq: int) -> int:
        """The view's first row that belongs to an event at or after `seq` (len(self) when there is none)."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.row_seq(self.index(middle)) < seq:
                low = middle + 1
            else:
                high = middle
        return low

    def total(self) -> int:
        """Rows of the whole table as of the moment."""
        raise NotImplementedError

    def make(self, index: int) -> Row:
        """The table's row `index`."""
        raise NotImplementedError

    def row_seq(self, index: int) -> int:
        """The sequence number of the event that the table's row `index` is about."""
        raise NotImplementedError
