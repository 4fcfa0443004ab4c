"""A picture: drawn by the terminal where it can and nothing lies over it, otherwise in half blocks, line by line."""

from functools import lru_cache
from typing import ClassVar

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.errors import NoWidget
from textual.geometry import Region
from textual.strip import Strip

from vdmabuf_inspect.picture.blocks import HALF, fitted, shrunk
from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.tui.plate import Plate
from vdmabuf_inspect.tui.printable import fitted as fitted_text
from vdmabuf_inspect.tui.terminal import terminal_of
from vdmabuf_inspect.tui.widgets.canvas import Canvas

_STEP = 4
"""Colours are told apart by 64 steps: runs of equal cells are longer and styles fewer."""
_OVER = "Toast, Tooltip"
"""What Textual puts over a screen."""


@lru_cache(maxsize=1 << 14)
def _style(colours: tuple[int, ...]) -> Style:
    return Style(color=Color.from_rgb(*colours[:3]), bgcolor=Color.from_rgb(*colours[3:]))


class PictureView(Canvas):
    """Shows `rgb` as large as there is room, or `said` where there is no picture."""

    PREFIX = "picture"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"picture--said"}
    DEFAULT_CSS = """
    PictureView { background: $background; overflow: hidden; }
    PictureView .picture--said { color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.said = ""
        self._rgb: Bytes | None = None
        self._shape = 1, 1
        self._strips: list[Strip] | None = None
        self._plate: Plate | None = None
        self._drawn = False
        """The terminal draws the picture: the cells under it are blank."""

    @property
    def lines(self) -> int:
        """Lines of pixels for which there is room."""
        rows = max(1, self.size.height)
        return self._plate.lines(rows) if self._plate is not None and self._plate.usable else 2 * rows

    def show(self, rgb: Bytes | None, shape: tuple[int, int] = (1, 1), said: str = "") -> None:
        """Show another picture of `shape` (width, height), of which `rgb` may hold fewer lines; None for none."""
        same = self._drawn and rgb is not None and (shape, said) == (self._shape, self.said)
        self._rgb, self._shape, self.said, self._strips = rgb, shape, said, None
        if same:
            self.settle()
        else:
            self.refresh()

    def on_mount(self) -> None:
        """Know the terminal; a screen that comes back from elsewhere draws anew."""
        terminal = terminal_of(self.app)
        self._plate = Plate(terminal) if terminal is not None else None
        self.app.app_resume_signal.subscribe(self, lambda _: self._blocks())

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self._blocks()

    def on_resize(self) -> None:
        """There is more room, or less."""
        self._strips = None

    def settle(self) -> None:
        """Let the terminal draw the picture, or cells show it: after whatever was painted where it is."""
        if self._plate is None:
            return
        free = self._free()
        if free != self._drawn:
            self._blocks()
            self._drawn = free
        elif self._rgb is not None and free:
            area = self._area()
            self._plate.put(self._rgb, self._shape, area.offset, (area.width, area.height))

    def _blocks(self) -> None:
        """Cells show it from now on."""
        if self._plate is not None:
            self._plate.remove()
        self._drawn, self._strips = False, None
        self.refresh()

    def _free(self) -> bool:
        """Whether the terminal can draw it without a stroke over anything else."""
        if self._plate is None or self._rgb is None or not (self._plate.usable and self.is_attached):
            return False
        area, screen = self._area(), self.screen
        try:
            whole = area.area > 0 and screen.find_widget(self).visible_region.contains_region(area)
        except NoWidget:
            return False
        return screen.is_active and whole and not any(each.region.overlaps(area) for each in screen.query(_OVER))

    def _area(self) -> Region:
        """The cells of the picture, on the screen: not its last line, from which Sixel would scroll it."""
        area = self.content_region
        below = min(area.height - bool(self.said), self.app.size.height - 1 - area.y)
        return Region(area.x, area.y, area.width, max(0, below))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Cells are painted: the terminal's own picture goes over them again."""
        if self._plate is not None:
            self.call_after_refresh(self.settle)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        if self._strips is None:
            self._strips = self._cells()
        width = self.size.width
        if y < len(self._strips):
            return self._strips[y].adjust_cell_length(width, self.base_style)
        text = self.said if y == len(self._strips) else ""
        return Strip([Segment(fitted_text(text, width), self.base_style + self.part_style("said"))], width)

    def _cells(self) -> list[Strip]:
        if self._rgb is None:
            return []
        room = max(1, self.size.height - bool(self.said))
        if self._drawn:
            return [Strip.blank(self.size.width, self.base_style)] * room
        width, height = fitted(*self._shape, self.size.width, room)
        small = shrunk(self._rgb, width, height, fast=True) // _STEP * _STEP
        if height % 2:
            small = np.concatenate([small, small[-1:]])
        cells = np.concatenate([small[0::2], small[1::2]], axis=2)
        return [_strip(line) for line in cells]


def _strip(line: Bytes) -> Strip:
    """uint8[columns, 6] as runs of one style."""
    edges = np.flatnonzero(np.r_[True, (line[1:] != line[:-1]).any(axis=1)])
    counts = np.diff(np.r_[edges, len(line)])
    return Strip(
        [
            Segment(HALF * count, _style(tuple(line[at].tolist())))
            for at, count in zip(edges.tolist(), counts.tolist(), strict=True)
        ],
        len(line),
    )
