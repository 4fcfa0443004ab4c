"""A picture in half blocks: two pixels a cell, painted line by line."""

from functools import lru_cache
from typing import ClassVar

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from vdmabuf_inspect.picture.blocks import HALF, fitted, shrunk
from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.tui.printable import fitted as fitted_text
from vdmabuf_inspect.tui.widgets.canvas import Canvas

_STEP = 4
"""Colours are told apart by 64 steps: runs of equal cells are longer and styles fewer."""


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

    @property
    def lines(self) -> int:
        """Lines of pixels for which there is room."""
        return 2 * max(1, self.size.height)

    def show(self, rgb: Bytes | None, shape: tuple[int, int] = (1, 1), said: str = "") -> None:
        """Show another picture of `shape` (width, height), of which `rgb` may hold fewer lines; None for none."""
        self._rgb, self._shape, self.said, self._strips = rgb, shape, said, None
        self.refresh()

    def on_resize(self) -> None:
        """There is more room, or less."""
        self._strips = None

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        if self._strips is None:
            self._strips = self._painted()
        width = self.size.width
        if y < len(self._strips):
            return self._strips[y].adjust_cell_length(width, self.base_style)
        text = self.said if y == len(self._strips) else ""
        return Strip([Segment(fitted_text(text, width), self.base_style + self.part_style("said"))], width)

    def _painted(self) -> list[Strip]:
        if self._rgb is None:
            return []
        room = max(1, self.size.height - bool(self.said))
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
