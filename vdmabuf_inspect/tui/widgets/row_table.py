"""The one table: only visible rows are made, a cursor move repaints two lines, and nothing is animated."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from vdmabuf_inspect.tui.palette import INKS, ink, words
from vdmabuf_inspect.tui.printable import fitted
from vdmabuf_inspect.tui.rows import Rows
from vdmabuf_inspect.tui.widgets.canvas import Canvas
from vdmabuf_inspect.tui.widgets.fit import GAP, LEAST, fit
from vdmabuf_inspect.views.base import Column, Row

HEADER = 1
"""Lines above the first row."""
MARK, NO_MARK = "▌", " "
_BETWEEN = " " * GAP
_CACHED = 2048


class RowTable(Canvas, can_focus=True):
    """Scrolls any number of rows. `cursor` is a row of the view, -1 in an empty one.

    keep, stretch, least: which columns are shown where there is no room for all; see `fit`.
    empty: what an empty table says.
    """

    PREFIX = "row-table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--header", "row-table--cursor", "row-table--active", *(f"row-table--{name}" for name in INKS),
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="row.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="row.up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "Page down", show=False, id="page.down"),
        Binding("pageup,ctrl+b", "page(-1.0)", "Page up", show=False, id="page.up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="half.down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="half.up"),
        Binding("g,home", "first", "First", show=False, id="row.first"),
        Binding("G,end", "last", "Last", show=False, id="row.last"),
        Binding("enter", "choose", "Open", id="row.open"),
    ]

    class Moved(Message):
        """The user moved the cursor to `row`; `end` when it was sent to the end, or beyond it."""

        def __init__(self, table: "RowTable", row: int, end: bool = False) -> None:
            super().__init__()
            self.table, self.row, self.end = table, row, end

        @property
        def control(self) -> "RowTable":
            """The table, for `on` selectors."""
            return self.table

    class Chosen(Moved):
        """The user opened the row."""

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

    # what is shown

    def show(self, rows: Rows) -> None:
        """Show other rows of the same table; the cursor stays at the event where it was, or the nearest one."""
        seq = self.seq
        self.rows = rows
        self._measure()
        if seq is not None and not self._stands_at(seq):
            self.point(min(rows.place(seq), self.count - 1))
        self._redraw()

    def grown(self) -> bool:
        """Take up rows that were added; whether there were any."""
        if len(self.rows) == self.count:
            return False
        self._measure()
        self._redraw()
        return True

    def stale(self) -> None:
        """What the rows say has changed."""
        self._redraw()

    @property
    def seq(self) -> int | None:
        """The event of the cursor's row; None in an empty table."""
        if not 0 <= self.cursor < min(self.count, len(self.rows)):
            return None
        return self.rows.row_seq(self.rows.index(self.cursor))

    @property
    def page(self) -> int:
        """Rows that are visible at once."""
        return max(1, self.scrollable_content_region.height - HEADER)

    def point(self, row: int) -> None:
        """Put the cursor on a row, silently, and make it visible."""
        row = max(-1 if not self.count else 0, min(row, self.count - 1))
        if row != self.cursor:
            old, self.cursor = self.cursor, row
            self._repaint(old)
            self._repaint(row)
        self.reveal()

    def reveal(self) -> None:
        """Scroll so that the cursor is visible; after a far jump it stands amid its neighbours."""
        top, page, row = int(self.scroll_offset.y), self.page, max(0, self.cursor)
        if row < top:
            self._scroll(row if row > top - page else row - page // 2)
        elif row >= top + page:
            self._scroll(row - page + 1 if row < top + 2 * page else row - page // 2)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=max(0, min(top, self.count - self.page)), animate=False, force=True)

    # what the user does

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        self._go(self.cursor + step)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self._go(self.cursor + int(pages * max(1, self.page - 1)))

    def action_first(self) -> None:
        """Move to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Move to the last row, and stay with it."""
        self._go(self.count)

    def action_choose(self) -> None:
        """Open the row."""
        if self.cursor >= 0:
            self.post_message(self.Chosen(self, self.cursor))

    def _go(self, row: int) -> None:
        self.point(row)
        if self.cursor >= 0:
            self.post_message(self.Moved(self, self.cursor, row >= self.count))

    def on_click(self, event: events.Click) -> None:
        """The row under the mouse; a second click opens it."""
        row = event.get_content_offset(self)
        if row is None or row.y < HEADER:
            return
        at = row.y - HEADER + int(self.scroll_offset.y)
        if at < self.count:
            self._go(at)
            if event.chain > 1:
                self.action_choose()

    def on_mouse_scroll_up(self) -> None:
        """Looking back ends following: the cursor stays where it is."""
        if self.cursor >= 0:
            self.post_message(self.Moved(self, self.cursor))

    def on_resize(self) -> None:
        """The columns are chosen anew."""
        self._measure()
        self._redraw()
        self.reveal()

    def on_focus(self) -> None:
        """The cursor shows where the focus is."""
        self._redraw()

    def on_blur(self) -> None:
        """The cursor shows where the focus is not."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._strips.clear()

    # drawing

    def cell(self, i: int, column: Column, row: Row) -> str:
        """The text of one cell; a table that knows better than its column says so here."""
        value = row[column.name]
        text = words(column.name, value)
        return column.text(value) if text is None else text

    def _measure(self) -> None:
        self.count = len(self.rows)
        self.cursor = min(max(self.cursor, 0), self.count - 1)
        self.extend(self.count + HEADER)

    def _stands_at(self, seq: int) -> bool:
        return self.seq == seq

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    def _repaint(self, row: int) -> None:
        y = row + HEADER - int(self.scroll_offset.y)
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
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
        self._fit = fit(self.rows.columns, width - len(MARK), self._keep, self._stretch, self._least)
        self._fit_width = width
        self._strips.clear()

    def _header(self, width: int) -> Strip:
        style = self.ink_style("header", partial=False)
        text = _BETWEEN.join(fitted(c.title, w, c.right) for c, w in self._fit)
        return Strip([Segment(fitted(NO_MARK + text, width), style)], width)

    def _blank(self, width: int, text: str) -> Strip:
        style = self.base_style + self.ink_style("quiet")
        return Strip([Segment(fitted(NO_MARK + text, width), style)], width)

    def _strip(self, i: int, width: int) -> Strip:
        chosen = i == self.cursor
        base = self._cursor_style() if chosen else self.base_style
        try:
            row: Row = self.rows.row(i)
        except IndexError:
            return self._blank(width, "")
        parts = [Segment(MARK if chosen else NO_MARK, base)]
        for place, (column, cells) in enumerate(self._fit):
            text = fitted(self.cell(i, column, row), cells, column.right)
            parts.append(Segment((_BETWEEN if place else "") + text, base + self.ink_style(self.ink(column, row))))
        return Strip(parts).adjust_cell_length(width, base)

    def ink(self, column: Column, row: Row) -> str:
        """The ink of one cell (palette.INKS), empty for none."""
        return ink(column.name, row[column.name])

    def _cursor_style(self) -> Style:
        return self.ink_style("active" if self.has_focus else "cursor", partial=False)
