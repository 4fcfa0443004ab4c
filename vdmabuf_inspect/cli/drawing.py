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

_ANSWER_S = 0.3
_CELL = 8, 16
"""Pixels of a character cell, near enough to fit a picture."""
GRAPHICS = ("auto", "kitty", "sixel", "blocks", "text")


def drawn(picture: "Picture", graphics: str = "auto") -> Iterator[str]:
    """The picture as lines for standard output, as wide as the terminal at most."""
    from vdmabuf_inspect.picture import blocks
    from vdmabuf_inspect.picture.graphics import kitty, sixel

    size = shutil.get_terminal_size()
    means = _best() if graphics == "auto" else graphics
    if means in ("kitty", "sixel"):
        width, height = size.columns * _CELL[0], max(1, size.lines - 2) * _CELL[1]
        scale = min(width / picture.width, height / picture.height, 1.0)
        small = blocks.shrunk(picture.rgb, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
        yield (kitty if means == "kitty" else sixel)(small)
        return
    pairs = blocks.cells(picture.rgb, size.columns, max(1, size.lines - 2))
    yield from (blocks.colour_lines if means == "blocks" else blocks.plain_lines)(pairs)


def _best() -> str:
    """What the terminal can show: graphics where it answers that it has them, colours unless they are unwanted."""
    if not colourful("auto"):
        return "text"
    if os.environ.get("TMUX") or os.environ.get("STY"):
        return "blocks"  # graphics do not pass through a multiplexer unharmed
    from vdmabuf_inspect.picture.graphics import abilities

    has_kitty, has_sixel = abilities(_ask())
    return "kitty" if has_kitty else "sixel" if has_sixel else "blocks"


def _ask() -> str:
    """What the terminal answers; empty where there is none or it does not in time."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    import termios
    import tty

    from vdmabuf_inspect.picture.graphics import DEVICE_QUESTION, KITTY_QUESTION

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        sys.stdout.write(KITTY_QUESTION + DEVICE_QUESTION)
        sys.stdout.flush()
        return _answer(fd)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)


def _answer(fd: int) -> str:
    """Everything up to the end of the last answer."""
    answer, end = b"", time.monotonic() + _ANSWER_S
    while (left := end - time.monotonic()) > 0 and select.select([fd], [], [], left)[0]:
        answer += os.read(fd, 1024)
        if b"\x1b[?" in answer and answer.endswith(b"c"):
            break
    return answer.decode("latin-1")
