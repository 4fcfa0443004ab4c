"""One buffer's page: its life and private data, its page map with the bytes of a page, and the picture in it."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from vdmabuf_inspect.errors import FaultError, InspectError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.picture import picture_of
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.field_rows import Lit
from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.bars import KeyBar
from vdmabuf_inspect.tui.widgets.hex_view import HexView
from vdmabuf_inspect.tui.widgets.picture_view import PictureView
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.buffer_bytes import buffer_bytes, latest_live, picture_layout
from vdmabuf_inspect.views.formats.buffer_page import buffer_lines
from vdmabuf_inspect.views.life import Life, life
from vdmabuf_inspect.views.page_map import BufferPages

REFRESHES_A_SECOND = 4
_COLUMNS = (
    Column("page", "page", 7, right=True),
    Column("address", "address", 14),
    Column("pages", "pages", 7, right=True),
    Column("presence", "", 8),
    Column("shared", "shared with", 16, text=", ".join),
)


class PageMapTable(RowTable):
    """The buffer's pages in runs; what is not there and what is shared stands out."""

    def ink(self, column: Column, row: Row) -> str:
        """Trouble in the colour of trouble."""
        if column.name == "presence":
            return {"outside": "error", "absent": "warning"}.get(row["presence"], "quiet")
        return "warning" if column.name == "shared" and row["shared"] else super().ink(column, row)


class BufferScreen(Screen[None]):
    """The page, over the workbench. With `following` it is that of whichever buffer the device got last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Pane", id="page.pane", tooltip="the next pane"),
        Binding("escape,q,o", "dismiss", "Back", id="page.close", key_display="esc"),
        Binding("F", "follow", "Newest", id="page.follow", tooltip="whichever buffer the device got last, or this one"),
        Binding("p", "pause", "Pause", id="page.pause", tooltip="hold the picture, or let it go on"),
        HELP,
        Binding("shift+tab", "app.focus_previous", "", show=False, id="page.pane.previous", tooltip="the pane before"),
    ]
    DEFAULT_CSS = """
    BufferScreen #page-left { width: 1fr; }
    BufferScreen #page-right { width: 1fr; border-left: vkey $edge; }
    BufferScreen #page-text { height: 1fr; scrollbar-size-vertical: 1; }
    BufferScreen #page-text, BufferScreen #page-picture { border-top: solid $edge; border-title-color: $foreground; }
    BufferScreen #page-map { height: 1fr; }
    BufferScreen #page-bytes { height: 1fr; }
    BufferScreen #page-picture { height: 2fr; }
    BufferScreen.-bare #page-right { display: none; }
    BufferScreen.-mapless #page-map { height: 3; }
    """

    def __init__(self, board: Board, number: int) -> None:
        super().__init__()
        self.board = board
        self.number = number
        self.following = False
        self.paused = False
        self._map = PageMapTable(
            ListRows(_COLUMNS), keep=("page", "address", "pages", "presence", "shared"), stretch="shared",
            empty="no page addresses were read", id="page-map",
        )  # fmt: skip
        self._bytes = HexView(id="page-bytes")
        self._picture = PictureView(id="page-picture")
        self._text = Static(id="page-text-body", markup=False)
        self._shown: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """Left what is known of it, right what is in it."""
        with Horizontal():
            with Vertical(id="page-left"):
                with VerticalScroll(id="page-text"):
                    yield self._text
                yield self._map
            with Vertical(id="page-right"):
                yield self._picture
                yield self._bytes
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to refresh."""
        self._map.focus()
        self.call_after_refresh(self.tell)
        if self.board.inspection.growing:
            self.set_interval(1 / REFRESHES_A_SECOND, self._refresh)

    def on_screen_suspend(self) -> None:
        """Something else is over it."""
        self._picture.settle()

    def on_screen_resume(self) -> None:
        """It is on top again."""
        self._picture.settle()

    def _refresh(self) -> None:
        """Show it anew, unless the display is paused."""
        if self.paused or self.board.cursor.paused:
            return
        self.board.poll()
        if self.following:
            latest = latest_live(self.board.session, self.board.cursor.seq)
            self.number = latest if latest >= 0 else self.number
        self.tell()

    @property
    def memory(self) -> Memory | None:
        """Guest memory as it is now, or as it was dumped; None where there is none, and at moments that are past."""
        inspection = self.board.inspection
        return inspection.memory if self.board.cursor.following or inspection.dump is not None else None

    def tell(self) -> None:
        """Show the buffer as of the cursor."""
        key = (self.number, self.board.cursor.seq, self.board.pulse.whole)
        if key != self._shown:
            self._shown = key
            self._tell_life()
        self._tell_picture()

    def _tell_life(self) -> None:
        session = self.board.session
        try:
            found = life(session, self.number, self.board.cursor.seq, self.memory)
        except IndexError:  # it comes later than the cursor
            return
        lines = list(buffer_lines(found, int(session.events.time_ns[0])))
        self._text.update(Text("\n".join(lines)))
        self._title(found)
        rows = _rows(found.pages)
        self.set_class(self.memory is None, "-bare")
        self.set_class(not rows, "-mapless")
        self._map.show(ListRows(_COLUMNS, rows))
        self._tell_bytes()

    def _title(self, found: Life) -> None:
        row, pages = found.row, found.pages
        text = self.query_one("#page-text")
        text.border_title = printable(f" buffer {row['buffer']} {row['state']} ")
        trouble = f" · {pages.found.trouble}" if pages and pages.found.trouble else ""
        count = f" in {len(pages.rows)} stretches" if pages else ""
        bare = " · no guest memory of this moment, so no bytes and no picture" if self.memory is None else ""
        self._map.border_title = printable(f" page map{count}{trouble}{bare} ")

    def _tell_picture(self) -> None:
        """The picture as it is in memory now, or why there is none."""
        session, seq, memory = self.board.session, self.board.cursor.seq, self.memory
        if memory is None:
            self._picture.show(None, said="no picture: no guest memory of this moment")
            return
        try:
            layout = picture_layout(session, self.number, seq, memory)
            buffer = buffer_bytes(session, self.number, seq, memory)
            picture = picture_of(layout.thinned(self._picture.lines), buffer.read)
        except InspectError as error:
            self._picture.show(None, said=printable(f"no picture: {error}"))
            return
        said = f"{picture.absent} bytes are absent" if picture.absent else ""
        self._picture.show(picture.rgb, (layout.width, layout.height), said)
        self._picture.border_title = f" {layout.width} × {layout.height}{' · held' if self.paused else ''} "

    def _tell_bytes(self) -> None:
        """The first page of the stretch under the cursor."""
        address, memory = self._address(), self.memory
        try:
            data = memory.read(address, PAGE_SIZE) if memory is not None and address >= 0 else b""
        except FaultError as error:
            self._bytes.show(b"", Lit())
            self._bytes.border_title = f" {error} "
            return
        self._bytes.show(data, Lit(), base=max(0, address))
        self._bytes.border_title = f" page at {address:#x} " if data else " no guest memory of this moment "

    def _address(self) -> int:
        rows = self._map.rows
        return int(rows.row(self._map.cursor)["address"], 16) if 0 <= self._map.cursor < len(rows) else -1

    def row_moved(self, table: RowTable, row: int, end: bool) -> None:
        """Another stretch: its bytes."""
        self._tell_bytes()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Into its bytes."""
        event.stop()
        self._bytes.focus()

    def on_hex_view_moved(self, event: HexView.Moved) -> None:
        """Nothing but the cursor moves."""
        event.stop()

    def action_follow(self) -> None:
        """Whichever buffer the device got last, or this one from now on."""
        self.following = not self.following
        self.notify("the newest buffer" if self.following else "this buffer", timeout=1)
        self._refresh()

    def action_pause(self) -> None:
        """Hold the picture, or let it go on."""
        self.paused = not self.paused
        self.tell()

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Back to the workbench."""
        self.dismiss(result)


def _rows(pages: BufferPages | None) -> list[Row]:
    return [
        {
            "page": row.first, "address": hex(row.run.gpa), "pages": row.run.pages,
            "presence": row.run.presence.name.lower(), "shared": list(row.shared),
        }
        for row in (pages.rows if pages else ())
    ]  # fmt: skip
