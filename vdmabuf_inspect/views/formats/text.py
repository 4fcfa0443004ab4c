"""A plain aligned table: one line a row, two spaces between columns, nothing cut, words in place of glyphs."""

from collections.abc import Callable, Iterator
from typing import Any

from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.table import Table, batches

Paint = Callable[[str, str, str], str]
"""(column name, value, text) to text with colour."""
_GAP = "  "


def text_lines(
    table: Table, start: int, stop: int, paint: Paint | None = None, titles: bool = True, own_widths: bool = True
) -> Iterator[str]:
    """The table's rows `start` to `stop` with a line of titles.

    Columns are as wide as the first batch of rows wants (or as their declaration says, without `own_widths`);
    a longer cell further on moves the rest of its line.
    """
    columns = tuple(column for column in table.columns if column.shown)
    widths = None if own_widths else [column.width for column in columns]
    for rows in batches(table, start, stop):
        cells = [[_cell(column, row[column.name]) for column in columns] for row in rows]
        if widths is None:
            widths = _widths(columns, cells, titles)
        if titles:
            yield _line(columns, widths, [_title(column) for column in columns])
            titles = False
        for row, line in zip(rows, cells, strict=True):
            yield _line(columns, widths, line, row, paint)
    if titles:
        yield _line(columns, widths or _widths(columns, [], True), [_title(column) for column in columns])


def _cell(column: Column, value: Any) -> str:
    return escape(value if isinstance(value, str) else column.text(value))


def _title(column: Column) -> str:
    return column.title or column.name


def _widths(columns: tuple[Column, ...], cells: list[list[str]], titles: bool) -> list[int]:
    own = [len(_title(column)) if titles else 0 for column in columns]
    return [max([least, *(len(line[i]) for line in cells)]) for i, least in enumerate(own)]


def _line(
    columns: tuple[Column, ...], widths: list[int], cells: list[str], row: Row | None = None, paint: Paint | None = None
) -> str:
    parts = [
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, width, cell in zip(columns, widths, cells, strict=True)
    ]
    parts[-1] = parts[-1].rstrip()
    if paint is not None and row is not None:
        parts = [paint(c.name, str(row[c.name]), part) for c, part in zip(columns, parts, strict=True)]
    return _GAP.join(parts).rstrip()
