"""How a ring's arrays are laid out in lines of cells: as much of each slot as fits without scrolling."""

from collections.abc import Sequence
from typing import NamedTuple

from vdmabuf_inspect.views.ring_part import CALL, DEVICE, DRIVER, KICK, Part, SlotState

GLYPHS = {
    SlotState.UNKNOWN: "·", SlotState.FREE: "▁", SlotState.AVAILABLE: "▓", SlotState.FLYING: "█", SlotState.USED: "░",
}  # fmt: skip
MARKS = {DRIVER: "▶", DEVICE: "◀", KICK: "k", CALL: "c"}
LEGEND = "▓ available  █ in flight  ░ used  ▁ free  · unseen  ▶ driver  ◀ device  k kick wanted  c call wanted"
SHORT_LEGEND = "▓avail █out ░used ▁free ·unseen ▶driver ◀device k kick c call"
_NO_MARK = " "
_GROUP = 8
"""Slots on a line are a multiple of so many, where there are more."""


class Line(NamedTuple):
    """A line of the grid: the heading of a part (`length` 0), or its slots from `first` on."""

    part: int
    first: int
    length: int


class Grid(NamedTuple):
    """Lines of cells. `digits`: those of a head in each cell, 0 where only its state is shown; `gutter`: cells for
    the number of a line's first slot; `cell`: cells of one slot.
    """

    lines: tuple[Line, ...]
    gutter: int
    cell: int
    digits: int

    def line_of(self, part: int, slot: int) -> int:
        """The line that shows a slot, 0 for none."""
        holding = (y for y, at in enumerate(self.lines) if at.part == part and 0 <= slot - at.first < at.length)
        return next(holding, 0)


def grid(parts: Sequence[Part], width: int, height: int) -> Grid:
    """The largest cells with which every line is visible; the smallest where none are."""
    most = max((len(part) for part in parts), default=1)
    digits = len(str(max([most - 1, *(int(part.head.max(initial=0)) for part in parts)])))
    gutter = len(str(most - 1)) + 1
    for cell, shown in ((digits + 3, digits), (2, 0), (1, 0)):
        found = Grid(_lines(parts, (width - gutter) // cell), gutter, cell, shown)
        if len(found.lines) <= height:
            break
    return found


def cell_text(part: Part, slot: int, form: Grid) -> str:
    """A slot in its cell: the mark of who is there or asks for something, its state, its head."""
    glyph, marks = GLYPHS[SlotState(int(part.state[slot]))], part.marks.get(slot, ())
    mark = MARKS[marks[0]] if marks else _NO_MARK
    if form.cell == 1:
        return mark if marks else glyph
    head = int(part.head[slot])
    number = str(head) if form.digits and part.row[slot] >= 0 else ""
    return f"{mark}{glyph}{number:<{form.cell - 2}}"


def slot_at(form: Grid, y: int, x: int) -> tuple[int, int] | None:
    """(part, slot) of the cell at column `x` of line `y`, None where there is none."""
    if not 0 <= y < len(form.lines):
        return None
    line, place = form.lines[y], (x - form.gutter) // form.cell
    return (line.part, line.first + place) if 0 <= place < line.length else None


def _lines(parts: Sequence[Part], room: int) -> tuple[Line, ...]:
    found: list[Line] = []
    for number, part in enumerate(parts):
        found.append(Line(number, 0, 0))
        room = _even(len(part), room)
        found += [Line(number, first, min(room, len(part) - first)) for first in range(0, len(part), room)]
    return tuple(found)


def _even(size: int, room: int) -> int:
    """Slots on a line when all lines are about as long; a multiple of the group where that fits."""
    room = max(1, room if room < _GROUP else room // _GROUP * _GROUP)
    lines = -(-size // room)
    return min(room, -(-size // lines // _GROUP) * _GROUP) if size > _GROUP else room
