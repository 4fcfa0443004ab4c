"""Paints rows on demand: those that are visible, each once, in the columns that fit."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip

from vdmabuf_inspect.tui.palette import ink, words
from vdmabuf_inspect.tui.printable import fitted
from vdmabuf_inspect.tui.rows import Rows
from vdmabuf_inspect.tui.widgets.canvas import Canvas
from vdmabuf_inspect.tui.widgets.fit import GAP, LEAST, fit
from vdmabuf_inspect.views.base import Column, Row

HEADER = 1
"""Lines above the first row."""
MARK, NO_MARK, MARKED = "▌", " ", "◆"
_BETWEEN = " " * GAP
_CACHED = 2048


class RowCanvas(Canvas):
    """`count` rows, one of them under the `cursor` (-1 where there is none).

    keep, stretch, least: which columns are shown where there is no room for all; see `fit`.
    empty: what is written where there are no rows.
    """

    PREFIX = "row-table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--header", "row-table--cursor", "row-table--active",
    }  # fmt: skip

    def __init__(
        self,
        rows: Rows,
        *,
        keep: Sequence[str] = (),
        stretch: str = "",
        least: int = LEAST,
        empty: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.rows = rows
        self.count = 0
        self.cursor = -1
        self.empty = empty
        self._keep, self._stretch, self._least = keep, stretch, least
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(_CACHED)
        self._fit: list[tuple[Column, int]] = []
        self._fit_width = -1

    @property
    def page(self) -> int:
        """Rows that are visible at once."""
        return max(1, self.scrollable_content_region.height - HEADER)

    def offered(self) -> Sequence[Column]:
        """The columns that are shown where there is room, in their order."""
        return self.rows.columns

    def cell(self, i: int, column: Column, row: Row) -> str:
        """The text of one cell; a table that knows better than its column says so here."""
        value = row[column.name]
        text = words(column.name, value)
        return column.text(value) if text is None else text

    def ink(self, column: Column, row: Row) -> str:
        """The ink of one cell (palette.INKS), empty for none."""
        return ink(column.name, row[column.name])

    def flag(self, i: int) -> str:
        """One cell before row `i`, where the cursor is not."""
        return NO_MARK

    def width_of(self, name: str) -> int:
        """Cells of a column as it is shown now, 0 for one that is not."""
        return next((width for column, width in self._fit if column.name == name), 0)

    def measure(self) -> None:
        """Take up how many rows there are."""
        self.count = len(self.rows)
        self.cursor = min(max(self.cursor, 0), self.count - 1)
        self.extend(self.count + HEADER)

    def redraw(self) -> None:
        """Paint every visible row anew."""
        self._strips.clear()
        self.refresh()

    def repaint(self, row: int) -> None:
        """Paint one row, if it is visible."""
        y = row + HEADER - int(self.scroll_offset.y)
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def forget(self, rows: Iterable[int]) -> None:
        """Paint these rows anew, each if it is visible."""
        for row in rows:
            for chosen in (False, True):
                self._strips.discard((row, chosen))
            self.repaint(row)

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._strips.clear()

    def draw(self, y: int) -> Strip:
        """One line of the screen: the header, a row, or nothing."""
        width = self.scrollable_content_region.width
        if width != self._fit_width:
            self._choose_columns(width)
        if y < HEADER:
            return self._header(width)
        row = y - HEADER + int(self.scroll_offset.y)
        if row >= self.count:
            return self._blank(width, self.empty if y == HEADER and not self.count else "")
        key = (row, row == self.cursor)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strip(row, width)
            self._strips[key] = strip
        return strip

    def _choose_columns(self, width: int) -> None:
        """When they become others, every line does."""
        fitting = fit(self.offered(), width - len(MARK), self._keep, self._stretch, self._least)
        self._fit_width = width
        self._strips.clear()
        if fitting != self._fit:
            self._fit = fitting
            self.refresh()

    def _header(self, width: int) -> Strip:
        style = self.part_style("header", partial=False)
        text = _BETWEEN.join(fitted(c.title, w, c.right) for c, w in self._fit)
        return Strip([Segment(fitted(NO_MARK + text, width), style)], width)

    def _blank(self, width: int, text: str) -> Strip:
        style = self.base_style + self.ink_style("quiet")
        return Strip([Segment(fitted(NO_MARK + text, width), style)], width)

    def _strip(self, i: int, width: int) -> Strip:
        chosen = i == self.cursor
        base = self._cursor_style() if chosen else self.base_style
        try:
            row = self.rows.row(i)
        except IndexError:  # the rows of a view may become fewer between two looks
            return self._blank(width, "")
        parts = [Segment(MARK if chosen else self.flag(i), base)]
        for place, (column, cells) in enumerate(self._fit):
            text = fitted(self.cell(i, column, row), cells, column.right)
            style = base + self.ink_style(self.ink(column, row))
            parts.append(Segment((_BETWEEN if place else "") + text, style))
        return Strip(parts).adjust_cell_length(width, base)

    def _cursor_style(self) -> Style:
        return self.part_style("active" if self.has_focus else "cursor", partial=False)
