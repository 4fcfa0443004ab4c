"""A terminal's screen: what a program writes becomes cells, with all that Textual writes understood."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rich.cells import cell_len

from vdmabuf_inspect.tui.svg import Line, Look

INK, GROUND = "#d0d0d0", "#121417"
"""Of a terminal that was told nothing."""
_TOKEN = re.compile(
    r"\x1b\[(?P<private>[?<>=]?)(?P<numbers>[0-9;:]*)(?P<between>[ $]?)(?P<final>[@-~])"
    r"|\x1b[\]P_^][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78cDEHM]|(?P<control>[\x00-\x1f])|(?P<text>[^\x00-\x1f]+)"
)
_PARTIAL = re.compile(r"\x1b(?:\[[?<>=0-9;:$ ]*|[\]P_^][^\x07\x1b]*\x1b?|[()])?$")
_SIXTEEN = (
    "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
    "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
)  # fmt: skip
_WEIGHTS = {1: "b", 3: "i", 4: "u"}
_NO_WEIGHTS = {22: "b", 23: "i", 24: "u"}


@dataclass(frozen=True)
class Pen:
    """How the next sign is written."""

    ink: str = INK
    ground: str = GROUND
    weights: frozenset[str] = frozenset()
    reverse: bool = False

    @property
    def look(self) -> Look:
        """As it is seen."""
        ink, ground = (self.ground, self.ink) if self.reverse else (self.ink, self.ground)
        return Look(ink, ground, "".join(sorted(self.weights)))


Cell = tuple[str, Look]
_BLANK: Cell = (" ", Pen().look)


class Screen:
    """Cells of `columns` by `lines`; `feed` it what the program writes."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self._cells = [[_BLANK] * columns for _ in range(lines)]
        self._x = self._y = 0
        self._pen = Pen()
        self._rest = ""
        self._finals: dict[str, Callable[[Sequence[int]], None]] = {
            "H": self._go, "f": self._go, "m": self._draw, "J": self._clear, "K": self._clear_line, "A": self._up,
            "B": self._down, "C": self._right, "D": self._left, "G": self._column,
        }  # fmt: skip

    @property
    def text(self) -> str:
        """What is on it, without trailing blanks."""
        return "\n".join("".join(sign for sign, _ in row).rstrip() for row in self._cells) + "\n"

    def runs(self) -> tuple[Line, ...]:
        """What is on it, line by line, as runs of one look."""
        return tuple(tuple(_runs(row)) for row in self._cells)

    def feed(self, text: str) -> None:
        """Take what was written; a sequence that is cut waits for its end."""
        text, self._rest = self._rest + text, ""
        if cut := _PARTIAL.search(text):
            text, self._rest = text[: cut.start()], text[cut.start() :]
        for token in _TOKEN.finditer(text):
            self._take(token)

    def _take(self, token: "re.Match[str]") -> None:
        if token["text"]:
            self._write(token["text"])
        elif token["control"]:
            self._control(token["control"])
        elif token["final"] and not token["private"] and not token["between"]:
            numbers = [int(part or 0) for part in token["numbers"].replace(":", ";").split(";")]
            if take := self._finals.get(token["final"]):
                take(numbers)

    def _write(self, text: str) -> None:
        look = self._pen.look
        for sign in text:
            width = cell_len(sign)
            for offset in range(width):
                if self._x < self.columns and self._y < self.lines:
                    self._cells[self._y][self._x] = ("" if offset else sign), look
                self._x += 1

    def _control(self, sign: str) -> None:
        if sign == "\r":
            self._x = 0
        elif sign == "\n":
            self._y += 1
        elif sign == "\b":
            self._x = max(0, self._x - 1)

    def _go(self, numbers: Sequence[int]) -> None:
        row, column = (*numbers, 0)[:2] if len(numbers) > 1 else (numbers[0], 1)
        self._y, self._x = max(0, row - 1), max(0, column - 1)

    def _up(self, numbers: Sequence[int]) -> None:
        self._y = max(0, self._y - max(1, numbers[0]))

    def _down(self, numbers: Sequence[int]) -> None:
        self._y += max(1, numbers[0])

    def _right(self, numbers: Sequence[int]) -> None:
        self._x += max(1, numbers[0])

    def _left(self, numbers: Sequence[int]) -> None:
        self._x = max(0, self._x - max(1, numbers[0]))

    def _column(self, numbers: Sequence[int]) -> None:
        self._x = max(0, numbers[0] - 1)

    def _clear(self, _: Sequence[int]) -> None:
        self._cells = [[_BLANK] * self.columns for _ in range(self.lines)]

    def _clear_line(self, _: Sequence[int]) -> None:
        self._cells[self._y][self._x :] = [(" ", self._pen.look)] * (self.columns - self._x)

    def _draw(self, numbers: Sequence[int]) -> None:
        left = list(numbers)
        while left:
            self._pen = _drawn(self._pen, left.pop(0), left)


def _drawn(pen: Pen, number: int, more: list[int]) -> Pen:
    """The pen after one graphic rendition; a colour takes its parts from `more`."""
    if number in _WEIGHTS:
        return replace(pen, weights=pen.weights | {_WEIGHTS[number]})
    if number in _NO_WEIGHTS:
        return replace(pen, weights=pen.weights - {_NO_WEIGHTS[number]})
    if number in (7, 27):
        return replace(pen, reverse=number == 7)
    return Pen() if number == 0 else _coloured(pen, number, more)


def _coloured(pen: Pen, number: int, more: list[int]) -> Pen:
    tens, unit = divmod(number, 10)
    if tens not in (3, 4, 9, 10):
        return pen
    ground, bright = tens in (4, 10), 8 * (tens >= 9)
    if unit == 9:
        return replace(pen, ground=GROUND) if ground else replace(pen, ink=INK)
    colour = _colour(more) if unit == 8 else _SIXTEEN[unit + bright]
    return replace(pen, ground=colour) if ground else replace(pen, ink=colour)


def _colour(more: list[int]) -> str:
    kind = more.pop(0) if more else 5
    if kind == 2:
        parts, more[:3] = more[:3], []
        return "#" + "".join(f"{part:02x}" for part in parts)
    return _indexed(more.pop(0) if more else 0)


def _indexed(number: int) -> str:
    """A colour of the 256."""
    if number < 16:
        return _SIXTEEN[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    return "#" + "".join(f"{levels[part]:02x}" for part in (cube // 36, cube // 6 % 6, cube % 6))


def _runs(row: Sequence[Cell]) -> Iterator[tuple[str, Look]]:
    for look, cells in groupby(row, lambda cell: cell[1]):
        yield "".join(sign for sign, _ in cells), look
