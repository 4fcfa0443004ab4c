"""What every formatter prints: rows by column. A view is one, and so is a short list that needs no session."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vdmabuf_inspect.views.base import Column, Row

BATCH = 4096
"""Rows that are made at a time."""


class Table(Protocol):
    """Named columns and rows."""

    @property
    def name(self) -> str:
        """What the rows are: `messages`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`."""


@dataclass(frozen=True)
class Listing:
    """A table whose rows are all there."""

    name: str
    columns: tuple[Column, ...]
    content: Sequence[Row]

    def __len__(self) -> int:
        return len(self.content)

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`."""
        return iter(self.content[start:stop])


def batches(table: Table, start: int, stop: int) -> Iterator[list[Row]]:
    """Rows `start` to `stop`, BATCH at a time."""
    for first in range(start, stop, BATCH):
        yield list(table.rows(first, min(first + BATCH, stop)))


def data_columns(table: Table) -> tuple[Column, ...]:
    """The columns that JSON and CSV have."""
    return tuple(column for column in table.columns if column.data)
