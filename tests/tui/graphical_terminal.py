"""A terminal that shows pictures: it answers like a Kitty or like an xterm with Sixel, and knows what is where."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from base64 import standard_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.picture.decoding import decode_png, decode_sixel

Bytes = NDArray[np.uint8]
CELL = 10, 20
"""Pixels of a cell."""
ANSWERS = {
    "kitty": (b"\x1b_Gi=31;OK\x1b\\", b"\x1b[?62;52c"),
    "sixel": (b"", b"\x1b[?63;1;2;4;6;9;15;22c"),
    "neither": (b"", b"\x1b[?62;22c"),
}
_PART = re.compile(
    r"\x1b_G(?P<kitty>[^\x1b]*)\x1b\\|(?P<sixel>\x1bP[\d;]*q[^\x1b]*\x1b\\)|\x1b\[(?P<given>[?>=]?[\d;:]*)"
    r"(?P<final>[ -/]*[@-~])|\x1b\][^\x07]*\x07|\x1b(?P<escape>[78=>])|(?P<text>[^\x1b])"
)


@dataclass
class Shown:
    """A picture at a cell; `cells` are those of it that nothing was written over since."""

    x: int
    y: int
    rgb: Bytes
    cells: set[tuple[int, int]] = field(default_factory=set)


class GraphicalTerminal:
    """Runs a program until the block is left."""

    def __init__(self, kind: str, command: list[str], size: tuple[int, int], state: str) -> None:
        self.columns, self.rows = size
        self._answers = ANSWERS[kind]
        self.images: dict[int, Bytes] = {}
        self.pictures: dict[int, Shown] = {}
        """By Kitty's number; of Sixel the last at each place."""
        self.text: dict[tuple[int, int], str] = {}
        self.status: int | None = None
        self._x = self._y = 0
        self._kept = (0, 0)
        self._pending, self._chunks, self._command = "", "", dict[str, str]()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            for name in ("TMUX", "STY", "NO_COLOR", "TERM_PROGRAM"):
                os.environ.pop(name, None)
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": state}
            os.environ |= {"COLUMNS": "", "LINES": ""}
            os.execv(command[0], command)
        self.resize(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.status is None:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    def resize(self, size: tuple[int, int]) -> None:
        """Another size, in cells."""
        self.columns, self.rows = size
        pixels = size[0] * CELL[0], size[1] * CELL[1]
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], *pixels))

    def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            os.write(self._fd, key.encode())

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Show what the program writes until the condition holds. Raises AssertionError."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.screen()
            if select.select([self._fd], [], [], 0.05)[0] and not self._read():
                break
        assert condition(), self.screen()

    def settle(self, quiet: float = 0.25) -> None:
        """Show what is written until nothing is for so long."""
        while select.select([self._fd], [], [], quiet)[0] and self._read():
            pass

    def nothing_shown(self) -> bool:
        """Whether no cell shows anything of a picture."""
        return not any(shown.cells for shown in self.pictures.values())

    def ended(self) -> int:
        """The exit code, once everything is written."""
        self.until(lambda: self.status is not None)
        assert self.status is not None
        return self.status

    def screen(self) -> str:
        """The text, line by line."""
        rows, columns = range(self.rows), range(self.columns)
        return "\n".join("".join(self.text.get((x, y), " ") for x in columns).rstrip() for y in rows)

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            return False
        self._take(self._pending + data.decode("utf-8", "replace"))
        return True

    def _take(self, text: str) -> None:
        at = 0
        while found := _PART.match(text, at):
            at = found.end()
            self._part(found)
        self._pending = text[at:]

    def _part(self, found: re.Match[str]) -> None:
        if found["text"] is not None:
            self._write(found["text"])
        elif found["final"] is not None:
            self._control(found["given"], found["final"])
        elif found["kitty"] is not None:
            self._graphics(found["kitty"])
        elif found["sixel"] is not None:
            self._show(-1, decode_sixel(found["sixel"]))
        elif found["escape"] == "7":
            self._kept = self._x, self._y
        elif found["escape"] == "8":
            self._x, self._y = self._kept

    def _write(self, sign: str) -> None:
        if sign == "\r":
            self._x = 0
        elif sign == "\n":
            self._y += 1
        elif sign >= " ":
            self.text[self._x, self._y] = sign
            for shown in self.pictures.values():
                shown.cells.discard((self._x, self._y))
            self._x += 1

    def _control(self, given: str, final: str) -> None:
        if final == "H":
            row, _, column = given.partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
        elif final == "c":
            os.write(self._fd, self._answers[1])
        elif final in "hl" and given == "?1049":
            self.text.clear()
            self.pictures.clear()

    def _graphics(self, text: str) -> None:
        control, _, data = text.partition(";")
        given = dict(part.split("=") for part in control.split(","))
        if given.get("a") == "q":
            os.write(self._fd, self._answers[0])
            return
        self._command, self._chunks = self._command | given, self._chunks + data
        if given.get("m") == "1":
            return
        command, chunks, self._command, self._chunks = self._command, self._chunks, {}, ""
        number = int(command["i"])
        if command["a"] == "t":
            self.images[number] = decode_png(standard_b64decode(chunks))
        elif command["a"] == "p" and number in self.images:
            self._show(number, self.images[number])
        elif command["a"] == "d":
            self.pictures.pop(number, None)
            self.images.pop(number, None)

    def _show(self, number: int, rgb: Bytes) -> None:
        wide, high = -(-rgb.shape[1] // CELL[0]), -(-rgb.shape[0] // CELL[1])
        cells = {(self._x + x, self._y + y) for x in range(wide) for y in range(high)}
        self.pictures[number] = Shown(self._x, self._y, rgb, cells)


def on_a(kind: str, source: list[str], state: str, size: tuple[int, int] = (120, 40)) -> GraphicalTerminal:
    """The screen on a source, in a terminal of this kind."""
    return GraphicalTerminal(kind, [sys.executable, "-m", "vdmabuf_inspect", "open", *source], size, state)
