"""Signs that are made of rectangles, so that a picture of the screen needs no font for them and no line has gaps."""

from collections.abc import Mapping

Box = tuple[float, float, float, float]
"""Left, top, width and height, in shares of a cell."""

_THIN, _THICK = 0.1, 0.2
_EIGHTHS = range(1, 9)


def _bar(thickness: float, *, across: bool, start: float = 0.0, end: float = 1.0) -> Box:
    """A line through the middle of the cell, from `start` to `end` of it; a cell is twice as high as wide."""
    if across:
        return start, 0.5 - thickness / 4, end - start, thickness / 2
    return 0.5 - thickness / 2, start, thickness, end - start


def _corner(sides: str, thickness: float = _THIN) -> tuple[Box, ...]:
    """Lines from the middle to sides of the cell: l, r, u, d."""
    half_x, half_y = thickness / 2, thickness / 4
    bars = {
        "l": _bar(thickness, across=True, end=0.5 + half_x), "r": _bar(thickness, across=True, start=0.5 - half_x),
        "u": _bar(thickness, across=False, end=0.5 + half_y), "d": _bar(thickness, across=False, start=0.5 - half_y),
    }  # fmt: skip
    return tuple(bars[side] for side in sides)


_LINES = {
    "│": "ud", "┌": "rd", "╭": "rd", "┐": "ld", "╮": "ld", "└": "ru", "╰": "ru", "┘": "lu", "╯": "lu",
    "├": "rud", "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud", "╴": "l", "╵": "u", "╶": "r", "╷": "d",
}  # fmt: skip
BOXES: Mapping[str, tuple[Box, ...]] = {
    "─": (_bar(_THIN, across=True),), "━": (_bar(_THICK, across=True),), "┃": (_bar(_THICK, across=False),),
    "█": ((0.0, 0.0, 1.0, 1.0),), "▀": ((0.0, 0.0, 1.0, 0.5),), "▔": ((0.0, 0.0, 1.0, 1 / 8),),
    "▐": ((0.5, 0.0, 0.5, 1.0),), "▕": ((7 / 8, 0.0, 1 / 8, 1.0),),
    **{sign: _corner(sides) for sign, sides in _LINES.items()},
    **{chr(0x2580 + n): ((0.0, 1 - n / 8, 1.0, n / 8),) for n in _EIGHTHS},
    **{chr(0x2590 - n): ((0.0, 0.0, n / 8, 1.0),) for n in _EIGHTHS},
}  # fmt: skip
"""The rectangles of each such sign."""

SHADES: Mapping[str, float] = {"░": 0.25, "▒": 0.5, "▓": 0.75}
"""How much of the ink there is in a shaded cell."""
