"""The recording in a line or two: how much happened when, what was found or missed where, and the cursor."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message

from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.palette import GLYPHS
from vdmabuf_inspect.tui.theme import ink_styles
from vdmabuf_inspect.tui.widgets.row_canvas import MARKED
from vdmabuf_inspect.tui.widgets.still import Still
from vdmabuf_inspect.views.overview import Overview, overview

_GAP = "┈"
_HERE = "▼"
_NAMES = {int(severity): severity.name.lower() for severity in Severity}


class Timeline(Still):
    """Click into it to go there."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--cursor"}

    class Picked(Message):
        """The user chose an event on it."""

        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    def __init__(self, board: Board) -> None:
        super().__init__(id="timeline")
        self.board = board
        self._seen: Overview | None = None
        self._key: tuple[int, ...] = ()
        self._marked: set[int] = set()

    def render(self) -> Text:
        """Marks above bars; in a single line, marks in the place of bars."""
        seen = self._overview()
        if seen is None:
            return Text("")
        seq = self.board.cursor.seq
        here = seen.cell(int(self.board.session.events.time_ns[seq - 1])) if seq else 0
        inks = ink_styles(self.app)
        marks = [self._mark(seen, cell, here, inks) for cell in range(len(seen.density))]
        bars = [(bar, inks["note"]) for bar in seen.bars()]
        if self.size.height > 1:
            bars[here] = bars[here][0], self.get_component_rich_style("timeline--cursor")
            return Text("\n", no_wrap=True).join([_line(marks), _line(bars)])
        return _line([bar if mark[0] == " " else mark for mark, bar in zip(marks, bars, strict=True)])

    def _mark(self, seen: Overview, cell: int, here: int, inks: Mapping[str, Style]) -> tuple[str, Style]:
        if cell == here:
            return _HERE, inks["accent"]
        if cell in self._marked:
            return MARKED, inks["accent"]
        name = _NAMES.get(int(seen.severity[cell]), "")
        if name and name != "note":
            return GLYPHS[name], inks[name]
        return (_GAP, inks["warning"]) if seen.gaps[cell] else (" ", inks[""])

    def _overview(self) -> Overview | None:
        pulse = self.board.pulse
        key = (self.board.generation, self.board.cursor.end, pulse.findings, self.size.width)
        if key != self._key:
            self._key, self._seen = key, overview(self.board.session, self.size.width)
            self._marked = self._cells(self._seen)
        return self._seen

    def _cells(self, seen: Overview | None) -> set[int]:
        """Cells with a mark."""
        times = self.board.session.events.time_ns
        marks = [seq for seq in self.board.marks() if seq <= len(times)]
        return {seen.cell(int(times[seq - 1])) for seq in marks} if seen is not None else set()

    def on_click(self, event: events.Click) -> None:
        """Go to what is under the mouse."""
        if self._seen is not None and 0 <= event.x < len(self._seen.density):
            self.post_message(self.Picked(self._seen.seq(self.board.session, event.x)))


def _line(cells: list[tuple[str, Style]]) -> Text:
    line = Text(no_wrap=True)
    for style, run in groupby(cells, itemgetter(1)):
        line.append("".join(sign for sign, _ in run), style)
    return line
