"""What the table widget shows: any view, or a short list made for the screen."""

from collections.abc import Sequence
from typing import Protocol

from vdmabuf_inspect.views.base import Column, Row


class Rows(Protocol):
    """Rows on demand. Every `views.base.View` is one."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the screen."""

    def __len__(self) -> int:
        """Rows there are now; it may grow."""

    def row(self, i: int) -> Row:
        """Row `i`, every column by name. Raises IndexError outside."""

    def index(self, i: int) -> int:
        """What row `i` is in the whole table, the same under every filter."""

    def row_seq(self, index: int) -> int:
        """The sequence number of the event that the table's row `index` is about."""

    def place(self, seq: int) -> int:
        """The first row at or after event `seq`, the number of rows when there is none."""


class ListRows:
    """A short list as rows; `seq` is 0 for rows that stand at no event."""

    def __init__(self, columns: tuple[Column, ...], rows: Sequence[Row] = ()) -> None:
        self.columns = columns
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, i: int) -> Row:
        """Row `i`. Raises IndexError outside."""
        if i < 0:
            raise IndexError(i)
        return self.rows[i]

    def index(self, i: int) -> int:
        """Row `i` itself."""
        return i

    def row_seq(self, index: int) -> int:
        """The row's `seq`, 0 where it has none."""
        return int(self.rows[index].get("seq", 0))

    def place(self, seq: int) -> int:
        """The first row at or after event `seq`."""
        return next((i for i in range(len(self)) if self.row_seq(i) >= seq), len(self))
