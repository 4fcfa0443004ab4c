"""How the panes share the screen, which are hidden, which columns are shown: what the user chose, as words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PANES = ("timeline", "queues", "fields", "hex", "buffers", "findings")
"""Panes that can be hidden; what stands in the middle cannot."""
WIDTH, HEIGHT = "width", "height"
_FACTOR = 1.25
_MOST = 8
_STEP = 8
"""Cells by which the bytes grow: more or fewer of them on a line."""


@dataclass(frozen=True)
class Divider:
    """A border that can be moved: `target` is the container whose size it is, `base` its size at first, in shares of
    the room, or in cells where `cells` says how many a step is.
    """

    target: str
    axis: str
    base: float = 1.0
    cells: int = 0

    def size(self, steps: int) -> str:
        """As a style's value."""
        if self.cells:
            return str(max(self.cells, int(self.base) + steps * self.cells))
        return f"{self.base * _FACTOR**steps:.3f}fr"


_BYTES, _QUEUES = Divider("#hex", WIDTH, 73, _STEP), Divider("#queues", "max-height", 6, 1)
DIVIDERS: Mapping[str, Mapping[str, Divider]] = {
    "narrow": {"detail": Divider("#detail, #side", HEIGHT), "hex": Divider("#hex", WIDTH, 41, _STEP)},
    "normal": {
        "detail": Divider("#detail", HEIGHT), "side": Divider("#side", HEIGHT),
        "findings": Divider("#findings", WIDTH), "hex": _BYTES, "queues": _QUEUES,
    },
    "wide": {
        "detail": Divider("#detail", HEIGHT), "side": Divider("#side", WIDTH, 2.0),
        "findings": Divider("#findings", HEIGHT), "hex": _BYTES, "queues": _QUEUES,
    },
}  # fmt: skip
"""Dividers by name, for each width of the screen."""

Moves = Mapping[str, Mapping[str, tuple[str, int]]]
_NORMAL: Moves = {
    "stage": {HEIGHT: ("detail", -1)},
    "fields": {WIDTH: ("hex", -1), HEIGHT: ("detail", 1)},
    "hex": {WIDTH: ("hex", 1), HEIGHT: ("detail", 1)},
    "buffers": {WIDTH: ("findings", -1), HEIGHT: ("side", 1)},
    "findings": {WIDTH: ("findings", 1), HEIGHT: ("side", 1)},
    "queues": {HEIGHT: ("queues", 1)},
}
_WIDE: Moves = {
    "stage": {WIDTH: ("side", -1), HEIGHT: ("detail", -1)},
    "fields": {WIDTH: ("hex", -1), HEIGHT: ("detail", 1)},
    "hex": {WIDTH: ("hex", 1), HEIGHT: ("detail", 1)},
    "buffers": {WIDTH: ("side", 1), HEIGHT: ("findings", -1)},
    "findings": {WIDTH: ("side", 1), HEIGHT: ("findings", 1)},
    "queues": {WIDTH: ("side", -1), HEIGHT: ("queues", 1)},
}
_LOWER: Mapping[str, tuple[str, int]] = {HEIGHT: ("detail", 1)}
_NARROW: Moves = {
    "stage": {HEIGHT: ("detail", -1)},
    "fields": {WIDTH: ("hex", -1), HEIGHT: ("detail", 1)},
    "hex": {WIDTH: ("hex", 1), HEIGHT: ("detail", 1)},
    "buffers": _LOWER,
    "findings": _LOWER,
}
MOVES: Mapping[str, Moves] = {"narrow": _NARROW, "normal": _NORMAL, "wide": _WIDE}
"""Which divider a pane's growth moves, and to which side, for each width of the screen."""


def width_class(columns: int) -> str:
    """Which of the three arrangements a screen of so many columns has."""
    return "narrow" if columns < 100 else "normal" if columns < 180 else "wide"


@dataclass
class Arrangement:
    """steps: how far each divider was moved. columns: names of the message list's, in order, empty for the usual ones.
    stage, clock: names of what stands in the middle and of the time format.
    """

    steps: dict[str, int] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    stage: str = ""
    clock: str = ""

    def grow(self, pane: str, axis: str, step: int, width: str) -> bool:
        """Make a pane larger (`step` 1) or smaller (-1); whether that is possible."""
        move = MOVES[width].get(pane, {}).get(axis)
        if move is None:
            return False
        name, sign = move
        before = self.steps.get(name, 0)
        self.steps[name] = max(-_MOST, min(_MOST, before + sign * step))
        return self.steps[name] != before

    def toggle(self, pane: str) -> bool:
        """Hide a pane, or show it again; whether it is hidden now."""
        if pane in self.hidden:
            self.hidden.remove(pane)
        else:
            self.hidden.append(pane)
        return pane in self.hidden

    def words(self) -> list[str]:
        """As words that `arrangement` reads."""
        told = {"hidden": self.hidden, "columns": self.columns, "stage": [self.stage], "clock": [self.clock]}
        lists = [f"{name} {','.join(words)}" for name, words in told.items() if any(words)]
        return lists + [f"size {name} {steps}" for name, steps in self.steps.items() if steps]


def arrangement(words: Iterable[str]) -> Arrangement:
    """What words say; those that make no sense are passed over."""
    found = Arrangement()
    for name, _, rest in (word.partition(" ") for word in words):
        if name == "size":
            divider, _, steps = rest.partition(" ")
            if steps.lstrip("-").isdecimal() and divider in DIVIDERS["wide"]:
                found.steps[divider] = max(-_MOST, min(_MOST, int(steps)))
        elif name == "hidden":
            found.hidden = [pane for pane in rest.split(",") if pane in PANES]
        elif name == "columns":
            found.columns = rest.split(",")
        elif name in ("stage", "clock"):
            setattr(found, name, rest)
    return found
