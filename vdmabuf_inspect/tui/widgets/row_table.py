"""The one table: any number of rows, a cursor whose move repaints two lines, nothing animated."""

from typing import ClassVar, Protocol, runtime_checkable

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from vdmabuf_inspect.tui.rows import Rows
from vdmabuf_inspect.tui.widgets.row_canvas import HEADER, RowCanvas


@runtime_checkable
class Follower(Protocol):
    """A screen that goes where the user moves a table's cursor."""

    def row_moved(self, table: "RowTable", row: int, end: bool) -> None:
        """The user moved the cursor to `row`; `end` when it was sent to the end, or beyond it.

        It is told at once and not by a message: until that came the screen might be drawn anew with the cursor where it
        was, and the key would be lost.
        """


class RowTable(RowCanvas, can_focus=True):
    """Scrolls rows and moves a cursor over them. It tells of what the user does, not of what the program does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="row.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="row.up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "Page down", show=False, id="page.down"),
        Binding("pageup,ctrl+b", "page(-1.0)", "Page up", show=False, id="page.up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="half.down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="half.up"),
        Binding("g,home", "first", "First", show=False, id="row.first"),
        Binding("G,end", "last", "Last; in the messages, follow", show=False, id="row.last"),
        Binding("enter", "choose", "Open", id="row.open", tooltip="open: fields, bytes, the row's event"),
    ]

    class Chosen(Message):
        """The user opened the row."""

        def __init__(self, table: "RowTable", row: int) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> "RowTable":
            """The table, for `on` selectors."""
            return self.table

    class LookedBack(Message):
        """The user turned the wheel backwards; the cursor stayed where it is."""

        def __init__(self, table: "RowTable") -> None:
            super().__init__()
            self.table = table

    def show(self, rows: Rows) -> None:
        """Show other rows of the same table; the cursor stays at the event where it was, or the nearest one."""
        seq = self.seq
        self.rows = rows
        self.measure()
        if seq is not None and self.seq != seq:
            self.point(min(rows.place(seq), self.count - 1))
        self._strips.clear()
        self.renew()

    def grow(self, rows: Rows) -> None:
        """Show the same rows with more behind them: what was painted of the old ones is still right."""
        visible = self.count < self.scroll_offset.y + self.page
        self.rows = rows
        self.measure()
        if visible:
            self.refresh()

    @property
    def seq(self) -> int | None:
        """The event of the cursor's row; None in an empty table."""
        if not 0 <= self.cursor < min(self.count, len(self.rows)):
            return None
        return self.rows.row_seq(self.rows.index(self.cursor))

    def point(self, row: int) -> None:
        """Put the cursor on a row, silently; when it was on another one, make it visible."""
        row = max(-1 if not self.count else 0, min(row, self.count - 1))
        if row == self.cursor:
            return
        old, self.cursor = self.cursor, row
        self.repaint(old)
        self.repaint(row)
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
        self.reveal()
        screen = self.screen
        if self.cursor >= 0 and isinstance(screen, Follower):
            screen.row_moved(self, self.cursor, row >= self.count)

    def on_click(self, event: events.Click) -> None:
        """The row under the mouse; a second click opens it."""
        spot = event.get_content_offset(self)
        if spot is None or spot.y < HEADER:
            return
        row = spot.y - HEADER + int(self.scroll_offset.y)
        if row < self.count:
            self._go(row)
            if event.chain > 1:
                self.action_choose()

    def on_mouse_scroll_up(self) -> None:
        """The user looks back: who follows the end may want to stop."""
        self.post_message(self.LookedBack(self))

    def on_resize(self) -> None:
        """There is another number of visible rows."""
        self.measure()
        self.redraw()
        self.reveal()

    def on_focus(self) -> None:
        """The cursor shows where the focus is."""
        self.redraw()

    def on_blur(self) -> None:
        """The cursor shows where the focus is not."""
        self.redraw()
