"""One event in full: its fields beside its bytes, each lighting the other, and what the field means below."""

from rich.text import Text
from textual.app import ComposeResult

from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.field_rows import Lit
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.theme import ink_styles
from vdmabuf_inspect.tui.widgets.hex_view import HexView
from vdmabuf_inspect.tui.widgets.panes import FieldTable
from vdmabuf_inspect.tui.widgets.still import Still, StillContainer
from vdmabuf_inspect.views.before import Before, before
from vdmabuf_inspect.views.detail import Detail
from vdmabuf_inspect.views.meanings import meaning


class Meaning(Still):
    """A line of text under the fields."""

    def __init__(self) -> None:
        super().__init__(id="meaning")
        self.text = ""

    def tell(self, text: str) -> None:
        """Say something else."""
        if text != self.text:
            self.text = text
            self.refresh()

    def render(self) -> Text:
        """The line, or two where there is room."""
        return Text(f" {printable(self.text)}", style=ink_styles(self.app)["quiet"])


class DetailPane(StillContainer):
    """The event that is looked at. `comparing`: bytes are shown with what they were when the chain was offered."""

    def __init__(self, board: Board) -> None:
        super().__init__(id="detail", classes="-lower -shown")
        self.board = board
        self.fields = FieldTable()
        self.hex = HexView(id="hex")
        self.meaning = Meaning()
        self.shown: Detail | None = None
        self.comparing = False
        self._before: Before | None = None

    def compose(self) -> ComposeResult:
        """Fields, bytes, and the meaning below them."""
        yield self.fields
        yield self.hex
        yield self.meaning

    def tell(self, shown: Detail | None) -> None:
        """Show another event."""
        self.shown = shown
        self.fields.tell(shown)
        self.fields.head(shown.title if shown else "detail")
        self._tell_bytes()

    def compare(self) -> None:
        """Show the bytes with what they were, or as they are."""
        self.comparing = not self.comparing
        self._tell_bytes()

    def light(self) -> None:
        """Light up the bytes of the field under the cursor."""
        self.fields.remember()
        self._light(self.fields.lit)

    def choose_byte(self, offset: int) -> None:
        """Choose the field that holds a byte."""
        self._light(self.fields.point_at_byte(offset))

    @property
    def address(self) -> int | None:
        """The address under the cursor of the fields, None where there is none."""
        rows, at = self.fields.list.rows, self.fields.cursor
        return rows[at].get("address") if 0 <= at < len(rows) else None

    def _tell_bytes(self) -> None:
        shown = self.shown
        self._before = before(self.board.session, shown.seq) if shown is not None and self.comparing else None
        if self._before is not None and self._before.new:
            self.hex.show(self._before.new, self._lit(self.fields.lit), self._before.old)
        else:
            self.hex.show(shown.data if shown else b"", self.fields.lit)
        self._say()

    def _light(self, lit: Lit) -> None:
        self.hex.light(self._lit(lit))
        self._say()

    def _lit(self, lit: Lit) -> Lit:
        """While other bytes than the event's are shown, its fields light nothing."""
        data = self.shown.data if self.shown else b""
        return lit if self.hex.data[: len(data)] == data else Lit()

    def _say(self) -> None:
        self.hex.head(self._bytes_title())
        rows, at = self.fields.list.rows, self.fields.cursor
        if self.shown is not None and 0 <= at < len(rows):
            self.meaning.tell(meaning(self.board.session, self.shown, rows[at]["path"]))
        else:
            self.meaning.tell("")

    def _bytes_title(self) -> str:
        if self.shown is None:
            return "bytes"
        if self._before is not None:
            return f"{len(self.hex.data)} bytes · {self._before.said}"
        lit = self.hex.lit
        return f"{len(self.hex.data)} bytes" + (f" · {lit.size} at {lit.offset}" if lit.size else "")
