"""A picture on the terminal, by the best means that it says it has."""

import os
import select
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.colour import colourful

if TYPE_CHECKING:
    from vdmabuf_inspect.picture import Picture
    from vdmabuf_inspect.picture.means import Means

_ANSWER_S = 0.3
_CELL = 8, 16
"""Pixels of a character cell where the terminal does not say, near enough to fit a picture."""
GRAPHICS = ("auto", "kitty", "sixel", "blocks", "text")


def drawn(picture: "Picture", graphics: str = "auto") -> Iterator[str]:
    """The picture as lines for standard output, as wide as the terminal at most."""
    from vdmabuf_inspect.picture import blocks
    from vdmabuf_inspect.picture.graphics import kitty, sixel
    from vdmabuf_inspect.picture.means import Means

    size = shutil.get_terminal_size()
    means = _best() if graphics == "auto" else Means(graphics)
    if means.graphics in ("kitty", "sixel"):
        cell = means.cell if all(means.cell) else _CELL
        width, height = size.columns * cell[0], max(1, size.lines - 2) * cell[1]
        scale = min(width / picture.width, height / picture.height, 1.0)
        small = blocks.shrunk(picture.rgb, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
        yield (kitty if means.graphics == "kitty" else sixel)(small)
        return
    pairs = blocks.cells(picture.rgb, size.columns, max(1, size.lines - 2))
    yield from (blocks.plain_lines if means.graphics == "text" else blocks.colour_lines)(pairs)


def _best() -> "Means":
    """What the terminal can show: graphics where it answers that it has them, colours unless they are unwanted."""
    from vdmabuf_inspect.picture.means import Means, answers

    if not colourful("auto"):
        return Means("text")
    return _ask() if answers(os.environ) and sys.stdin.isatty() else Means()


def _ask() -> "Means":
    """What the terminal answers in time."""
    import termios
    import tty

    from vdmabuf_inspect.picture.means import QUESTIONS

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        sys.stdout.write(QUESTIONS)
        sys.stdout.flush()
        return _answer(fd)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)


def _answer(fd: int) -> "Means":
    """Everything up to the last answer."""
    from vdmabuf_inspect.picture.means import Hearing

    hearing, end = Hearing(), time.monotonic() + _ANSWER_S
    while not hearing.done and (left := end - time.monotonic()) > 0 and select.select([fd], [], [], left)[0]:
        hearing.take(os.read(fd, 1024).decode("latin-1"))
    return hearing.heard
