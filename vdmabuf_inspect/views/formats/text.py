"""A plain aligned table: one line a row, two spaces between columns, nothing cut, words in place of glyphs."""

from collections.abc import Callable, Iterator

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
    heads = [column.title or column.name for column in columns]
    layout = None if own_widths else _Layout(columns, [column.width for column in columns])
    for rows in batches(table, start, stop):
        cells = [_cells(columns, row) for row in rows]
        layout = layout or _Layout(columns, _widths([heads, *cells] if titles else cells))
        if titles:
            yield layout.line(heads)
            titles = False
        for row, line in zip(rows, cells, strict=True):
            yield layout.line(line) if paint is None else layout.painted(line, row, paint)
    if titles:
        yield (layout or _Layout(columns, _widths([heads]))).line(heads)


class _Layout:
    """Where each column stands."""

    def __init__(self, columns: tuple[Column, ...], widths: list[int]) -> None:
        self._names = [column.name for column in columns]
        self._forms = [f"{{:{'>' if c.right else '<'}{w}}}" for c, w in zip(columns, widths, strict=True)]
        self._form = _GAP.join(self._forms)

    def line(self, cells: list[str]) -> str:
        return self._form.format(*cells).rstrip()

    def painted(self, cells: list[str], row: Row, paint: Paint) -> str:
        parts = [form.format(cell) for form, cell in zip(self._forms, cells, strict=True)]
        parts[-1] = parts[-1].rstrip()
        painted = [paint(name, str(row[name]), part) for name, part in zip(self._names, parts, strict=True)]
        return _GAP.join(painted).rstrip()


def _cells(columns: tuple[Column, ...], row: Row) -> list[str]:
    values = [row[column.name] for column in columns]
    cells = [v if isinstance(v, str) else column.text(v) for column, v in zip(columns, values, strict=True)]
    together = "".join(cells)
    return cells if together.isascii() and together.isprintable() else [escape(cell) for cell in cells]


def _widths(lines: list[list[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]
