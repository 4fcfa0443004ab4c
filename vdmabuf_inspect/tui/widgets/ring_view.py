"""One ring, slot by slot: a cursor over the slots, the slot of the event that is looked at, a slot in words."""

from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from vdmabuf_inspect.session.queues import Queue
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.printable import fitted
from vdmabuf_inspect.tui.ring_grid import LEGEND, SHORT_LEGEND, Grid, Line, cell_text, grid, slot_at
from vdmabuf_inspect.tui.widgets.canvas import Canvas
from vdmabuf_inspect.views.ring_part import SlotState
from vdmabuf_inspect.views.ring_slots import RingSlots, ring_slots
from vdmabuf_inspect.views.slot_text import slot_text

HEADER = 2
"""Lines above the grid: the slot under the cursor in words."""
_INKS = {
    SlotState.UNKNOWN: "quiet", SlotState.FREE: "quiet", SlotState.AVAILABLE: "busy", SlotState.FLYING: "warning",
    SlotState.USED: "note",
}  # fmt: skip


class RingView(Canvas, can_focus=True):
    """The ring of one queue as of the time cursor. `part`, `slot`: where the cursor is."""

    PREFIX = "ring"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"ring--cursor", "ring--active", "ring--now", "ring--said"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "slot(1)", "Next slot", show=False, id="cell.right"),
        Binding("left,h", "slot(-1)", "Slot before", show=False, id="cell.left"),
        Binding("down,j", "line(1)", "Down", show=False, id="row.down"),
        Binding("up,k", "line(-1)", "Up", show=False, id="row.up"),
        Binding("g,home", "edge(0)", "First", show=False, id="row.first"),
        Binding("G,end", "edge(-1)", "Last", show=False, id="row.last"),
        Binding("right_parenthesis", "turn(1)", "The next queue's ring", show=False, id="ring.next"),
        Binding("left_parenthesis", "turn(-1)", "The ring of the queue before", show=False, id="ring.previous"),
        Binding("enter", "choose", "Open", id="row.open", tooltip="go to the event that filled the slot"),
    ]

    class Turned(Message):
        """The user asked for the ring of the queue `step` further on."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Chosen(Message):
        """The user opened the slot that the event `seq` filled."""

        def __init__(self, seq: int) -> None:
            super().__init__()
            self.seq = seq

    def __init__(self, board: Board) -> None:
        super().__init__(id="ring")
        self.board = board
        self.ring = RingSlots(())
        self.part = self.slot = 0
        self._grid = Grid((), 1, 1, 0)
        self._seen = -1
        self._mine = False
        """The user chose the slot: it stays while the end moves."""
        self._queue = ""

    @property
    def seq(self) -> int | None:
        """The event of the slot under the cursor."""
        if not self.ring.parts:
            return None
        row = int(self.ring.parts[self.part].row[self.slot])
        return row + 1 if row >= 0 else None

    def tell(self, queue: Queue | None) -> str:
        """Show a queue's ring as of the time cursor; what to write above it."""
        seq = self.board.cursor.seq
        self.ring = ring_slots(RingState(self.board.session, queue, seq)) if queue is not None else RingSlots(())
        self._queue = queue.name if queue is not None else ""
        self._measure()
        if self.ring.parts:
            self.part = min(self.part, len(self.ring.parts) - 1)
            self.slot = min(self.slot, len(self.ring.parts[self.part]) - 1)
            self._follow(self.board.event)
        self.renew()
        return self._summary()

    def _follow(self, seq: int) -> None:
        """When time has moved to an event that filled a slot, the cursor goes there."""
        if seq == self._seen:
            return
        self._seen = seq
        self._mine = self._mine and self.board.cursor.following
        if self._mine:
            return
        for number, part in enumerate(self.ring.parts[:2]):
            here = (part.row == seq - 1).nonzero()[0]
            if len(here):
                self.part, self.slot = number, int(here[0])
                self._reveal()

    def _summary(self) -> str:
        if not self.ring.parts:
            return f"ring of {self._queue}: not set up yet" if self._queue else "ring: no queue"
        states = self.ring.parts[0].state
        counts = {s: int((states == s).sum()) for s in (SlotState.AVAILABLE, SlotState.FLYING, SlotState.USED)}
        names = ("available", "in flight", "used")
        told = ", ".join(f"{counts[state]} {name}" for state, name in zip(counts, names, strict=True))
        return f"ring of {self._queue} · {'packed' if self.ring.packed else 'split'}, {len(states)} slots: {told}"

    def on_blur(self) -> None:
        """Nobody is at a slot any more."""
        self._mine = False

    def on_resize(self) -> None:
        """Cells are laid out anew."""
        self._measure()
        self._reveal()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """The slot under the mouse; a second click opens it."""
        spot = event.get_content_offset(self)
        found = slot_at(self._grid, spot.y - HEADER + int(self.scroll_offset.y), spot.x) if spot is not None else None
        if found is not None:
            self._go(*found)
            if event.chain > 1:
                self.action_choose()

    def action_slot(self, step: int) -> None:
        """Move by slots, from one array into the next."""
        if not self.ring.parts:
            return
        slot, part = self.slot + step, self.part
        if not 0 <= slot < len(self.ring.parts[part]) and 0 <= part + step < len(self.ring.parts):
            part += step
            slot = 0 if step > 0 else len(self.ring.parts[part]) - 1
        self._go(part, slot)

    def action_line(self, step: int) -> None:
        """Move by lines, over the headings."""
        lines, y = self._grid.lines, self._grid.line_of(self.part, self.slot)
        across = self.slot - lines[y].first if lines else 0
        y += step
        while 0 <= y < len(lines) and not lines[y].length:
            y += step
        if 0 <= y < len(lines):
            self._go(lines[y].part, lines[y].first + min(across, lines[y].length - 1))

    def action_edge(self, slot: int) -> None:
        """The array's first slot, or its last."""
        self._go(self.part, slot if slot >= 0 else 1 << 16)

    def action_turn(self, step: int) -> None:
        """The ring of another queue."""
        self.post_message(self.Turned(step))

    def action_choose(self) -> None:
        """Go to the event that filled the slot."""
        seq = self.seq
        if seq is not None:
            self._seen = seq  # the cursor stays on this slot, whatever else the event filled
            self.post_message(self.Chosen(seq))

    def _go(self, part: int, slot: int) -> None:
        if self.ring.parts:
            self.part, self.slot = part, max(0, min(slot, len(self.ring.parts[part]) - 1))
            self._mine = True
            self._reveal()
            self.refresh()

    def _measure(self) -> None:
        region = self.scrollable_content_region
        self._grid = grid(self.ring.parts, region.width, region.height - HEADER)
        self.extend(len(self._grid.lines) + HEADER)

    def _reveal(self) -> None:
        y, top = self._grid.line_of(self.part, self.slot), int(self.scroll_offset.y)
        page = max(1, self.scrollable_content_region.height - HEADER)
        if not top <= y < top + page:
            self.scroll_to(y=max(0, y - page // 2), animate=False, force=True)

    def draw(self, y: int) -> Strip:
        """The slot in words, then headings and slots."""
        width, base = self.scrollable_content_region.width, self.base_style
        if y < HEADER:
            said = [*wrap(self._said(), max(width, 16)), "", ""]
            return Strip([Segment(fitted(said[y], width), base + self.part_style("said"))], width)
        at = y - HEADER + int(self.scroll_offset.y)
        if at >= len(self._grid.lines):
            return Strip([Segment(" " * width, base)], width)
        line = self._grid.lines[at]
        if not line.length:
            title = self.ring.parts[line.part].title
            if not line.part:
                title += f"   {LEGEND}" if len(title) + len(LEGEND) + 3 <= width else f"  {SHORT_LEGEND}"
            return Strip([Segment(fitted(title, width), base + self.ink_style("quiet"))], width)
        return Strip(self._cells(line, base)).adjust_cell_length(width, base)

    def _said(self) -> str:
        if not self.ring.parts:
            return " no ring yet"
        session, seq = self.board.session, self.board.cursor.seq
        now = int(session.events.time_ns[seq - 1]) if seq else 0
        return slot_text(session, self.ring.parts[self.part], self.slot, now, self.ring.packed)

    def _cells(self, line: Line, base: Style) -> list[Segment]:
        part = self.ring.parts[line.part]
        cells = [Segment(f"{line.first:>{self._grid.gutter - 1}} ", base + self.ink_style("quiet"))]
        for slot in range(line.first, line.first + line.length):
            style = base + self.ink_style(_INKS[SlotState(int(part.state[slot]))])
            if int(part.row[slot]) == self.board.event - 1:
                style += self.part_style("now")
            if (line.part, slot) == (self.part, self.slot):
                style += self.part_style("active" if self.has_focus else "cursor")
            cells.append(Segment(cell_text(part, slot, self._grid), style))
        return cells
