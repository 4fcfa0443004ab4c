"""Bytes as hex and text; the bytes of the chosen field are lit, and moving over bytes chooses the field."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from vdmabuf_inspect.tui.field_rows import Lit
from vdmabuf_inspect.tui.hex_lines import HexLines
from vdmabuf_inspect.tui.widgets.canvas import Canvas

_WIDE, _NARROW = 16, 8
_OFFSET, _ADDRESS = 5, 13
"""Cells of the first column: an offset, or an address."""
_WAS = "was"


class HexView(Canvas, can_focus=True):
    """Shows `data`; `at` is the byte under the cursor. Lit bytes stand in brackets, so they show without colour."""

    PREFIX = "hex"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "hex--offset", "hex--zero", "hex--text", "hex--lit", "hex--cursor", "hex--changed",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "by(1)", "Next byte", show=False, id="cell.right"),
        Binding("left,h", "by(-1)", "Byte before", show=False, id="cell.left"),
        Binding("down,j", "lines(1.0, 1)", "Down", show=False, id="row.down"),
        Binding("up,k", "lines(-1.0, 1)", "Up", show=False, id="row.up"),
        Binding("pagedown,ctrl+f", "lines(1.0)", "Page down", show=False, id="page.down"),
        Binding("pageup,ctrl+b", "lines(-1.0)", "Page up", show=False, id="page.up"),
        Binding("ctrl+d", "lines(0.5)", "Half a page down", show=False, id="half.down"),
        Binding("ctrl+u", "lines(-0.5)", "Half a page up", show=False, id="half.up"),
        Binding("g,home", "go(0)", "First", show=False, id="row.first"),
        Binding("G,end", "go(-1)", "Last", show=False, id="row.last"),
    ]

    class Moved(Message):
        """The user moved to the byte at `offset`."""

        def __init__(self, offset: int) -> None:
            super().__init__()
            self.offset = offset

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.data = b""
        self.before = b""
        """What the bytes were, where differences are shown."""
        self.base = 0
        """The address of the first byte, 0 where offsets are shown."""
        self._lines = HexLines(b"", _WIDE)
        self.lit = Lit()
        self.at = 0

    @property
    def line(self) -> int:
        """Bytes on one line: as many as fit, 16 or 8."""
        room = self.scrollable_content_region.width
        return _WIDE if room >= self._first + 4 * _WIDE + 2 else _NARROW

    @property
    def _first(self) -> int:
        return _ADDRESS if self.base else _OFFSET

    def show(self, data: bytes, lit: Lit, before: bytes = b"", base: int = 0) -> None:
        """Show other bytes; with `before` also those that they were, with `base` addresses."""
        self.data, self.lit, self.before, self.base = data, lit, before, base
        self.at = min(self.at, max(0, len(data) - 1))
        self._measure()
        self.light(lit)

    def light(self, lit: Lit) -> None:
        """Light up a field, put the cursor on it when it is elsewhere, and make it visible."""
        self.lit = lit
        if lit.size and not lit.offset <= self.at < lit.offset + lit.size:
            self.at = min(lit.offset, max(0, len(self.data) - 1))
        self._reveal()
        self.renew()

    def on_resize(self) -> None:
        """Bytes on a line are chosen anew."""
        self._measure()
        self._reveal()
        self.refresh()

    def action_by(self, step: int) -> None:
        """Move by bytes."""
        self._go(self.at + step)

    def action_lines(self, pages: float, lines: int = 0) -> None:
        """Move by lines, or by pages."""
        count = lines or max(1, int(abs(pages) * self.scrollable_content_region.height))
        self._go(self.at + (count if pages > 0 else -count) * self.line)

    def action_go(self, offset: int) -> None:
        """Move to a byte; -1 is the last."""
        self._go(offset if offset >= 0 else len(self.data) - 1)

    def on_click(self, event: events.Click) -> None:
        """The byte under the mouse."""
        spot = event.get_content_offset(self)
        if spot is None:
            return
        column = spot.x - self._first - 1
        byte = column // 3 if column < 3 * self.line else column - 3 * self.line - 1
        if 0 <= byte < self.line:
            self._go(self._lines.at(spot.y + int(self.scroll_offset.y))[0] + byte)

    def _go(self, offset: int) -> None:
        if not self.data:
            return
        self.at = max(0, min(offset, len(self.data) - 1))
        self._reveal()
        self.renew()
        self.post_message(self.Moved(self.at))

    def _measure(self) -> None:
        self._lines = HexLines(self.data, self.line, self.before)
        self.extend(len(self._lines))

    def _reveal(self) -> None:
        y, top, page = self._lines.of(self.at), int(self.scroll_offset.y), max(1, self.scrollable_content_region.height)
        if not top <= y < top + page:
            self.scroll_to(y=max(0, y - page // 3), animate=False, force=True)

    def draw(self, y: int) -> Strip:
        """One line: offset, bytes, text."""
        width = self.scrollable_content_region.width
        base = self.base_style
        start, old = self._lines.at(y + int(self.scroll_offset.y))
        chunk = self.data[start : start + self._lines.length]
        if old:
            return Strip(self._was(start, chunk, base)).adjust_cell_length(width, base)
        if not chunk:
            text = " no bytes" if not self.data and y == 0 else ""
            return Strip([Segment(text, base + self.part_style("offset"))]).adjust_cell_length(width, base)
        looks = [base + self._look(start + i, byte) for i, byte in enumerate(chunk)]
        parts = [(f"{self.base + start:0{self._first - 1}x} ", base + self.part_style("offset"))]
        parts += [*self._bytes(start, chunk, base, looks), (" ", base)]
        parts += [(_letter(byte), look) for byte, look in zip(chunk, looks, strict=True)]
        return Strip(_runs(parts)).adjust_cell_length(width, base)

    def _was(self, start: int, chunk: bytes, base: Style) -> list[Segment]:
        """Of the line above: the bytes that were others, the rest left blank."""
        old = self.before[start : start + len(chunk)]
        texts = [f" {was:02x}" if was != now else "   " for was, now in zip(old, chunk, strict=False)]
        style = base + self.part_style("changed")
        return [Segment(f"{_WAS:<{self._first}}", style), Segment("".join(texts), style)]

    def _bytes(self, start: int, chunk: bytes, base: Style, looks: list[Style]) -> Iterator[tuple[str, Style]]:
        length = self._lines.length
        edges = self._edges(start, length, base)
        for i in range(length):
            yield edges.get(i) or (" ", base)
            yield (f"{chunk[i]:02x}", looks[i]) if i < len(chunk) else ("  ", base)
        ends = self.lit.size and start + length == self.lit.offset + self.lit.size
        yield ("]", base + self.part_style("lit")) if ends else (" ", base)

    def _edges(self, start: int, length: int, base: Style) -> dict[int, tuple[str, Style]]:
        """What stands before bytes: a bracket where the lit ones begin or have just ended, between them a lit blank."""
        begin, end = self.lit.offset - start, self.lit.offset + self.lit.size - start
        signs, lit = {end: "]", begin: "["}, base + self.part_style("lit")
        if not self.lit.size:
            return {}
        there = range(max(begin, 0), min(end + 1, length))
        return {i: (signs.get(i, " "), lit) for i in there if i or begin == 0}

    def _look(self, offset: int, byte: int) -> Style:
        if offset == self.at and self.has_focus:
            return self.part_style("cursor")
        if self.lit.offset <= offset < self.lit.offset + self.lit.size:
            return self.part_style("lit")
        if offset < len(self.before) and self.before[offset] != byte:
            return self.part_style("changed")
        return self.part_style("zero" if byte == 0 else "text") if byte == 0 or 32 <= byte < 127 else Style.null()


def _runs(parts: Iterable[tuple[str, Style]]) -> list[Segment]:
    """The parts, those beside each other that look the same as one."""
    return [Segment("".join(text for text, _ in run), style) for style, run in groupby(parts, itemgetter(1))]


def _letter(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 else "·"
