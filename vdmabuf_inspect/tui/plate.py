"""A picture that the terminal draws itself, over cells that stay blank under it."""

import numpy as np
from textual.geometry import Offset

from vdmabuf_inspect.picture.blocks import shrunk
from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.picture.graphics import kitty_placed, kitty_removed, kitty_sent, sixel
from vdmabuf_inspect.tui.terminal import Terminal


def sized(shape: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of the largest picture of this shape in so many pixels: smaller, or whole times larger."""
    scale = min(room[0] / max(1, shape[0]), room[1] / max(1, shape[1]))
    scale = max(1, int(scale)) if scale >= 1 else scale
    return max(1, int(shape[0] * scale)), max(1, int(shape[1] * scale))


class Plate:
    """One place for pictures on a terminal, which draws only what has changed."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._number = terminal.image_number()
        self._image: Bytes | None = None
        self._coded = ""

    @property
    def usable(self) -> bool:
        """Whether the terminal shows pictures at all."""
        return bool(self._terminal.means.graphics)

    def lines(self, rows: int) -> int:
        """Lines of pixels in so many rows of cells."""
        return rows * self._terminal.means.cell[1]

    def put(self, rgb: Bytes, shape: tuple[int, int], at: Offset, room: tuple[int, int]) -> None:
        """Draw a picture of `shape` (width, height) at a cell, in `room` (columns, rows)."""
        cell = self._terminal.means.cell
        image = shrunk(rgb, *sized(shape, (room[0] * cell[0], room[1] * cell[1])), fast=True)
        known = self._image is not None and np.array_equal(image, self._image)
        sent = "" if known else self._sent(image)
        self._terminal.draw(at.x, at.y, sent + self._coded)

    def remove(self) -> None:
        """The picture is no more. Of Sixel nothing is left to take away once its cells are painted."""
        if self._image is not None and self._kitty:
            self._terminal.draw(0, 0, kitty_removed(self._number))
        self._image = None

    @property
    def _kitty(self) -> bool:
        return self._terminal.means.graphics == "kitty"

    def _sent(self, image: Bytes) -> str:
        """What makes the terminal know the picture; what draws it is kept."""
        self._image = image
        self._coded = kitty_placed(self._number) if self._kitty else sixel(image)
        return kitty_sent(image, self._number) if self._kitty else ""
