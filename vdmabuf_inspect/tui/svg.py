"""A screen as SVG: text as text, lines and blocks as shapes, no font and nothing else from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from re import finditer
from typing import Any

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.app import App
from textual.strip import Strip

from vdmabuf_inspect.tui.signs import BOXES, SHADES, Box

CELL = 9, 18
"""Width and height of a cell in pixels."""
EDGE = 10
"""Pixels around the screen."""
_FONT_SIZE, _BASE = 15, 14
_BLOCK = 2
"""Pixels from which on a shape is a block, not a line."""
_FONTS = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
_WEIGHTS = {"b": "font-weight:bold", "i": "font-style:italic", "u": "text-decoration:underline"}


@dataclass(frozen=True)
class Look:
    """How a run of text looks; colours as `#rrggbb`, `weights` any of the letters b, i, u."""

    ink: str
    ground: str
    weights: str = ""


Run = tuple[str, Look]
Line = Sequence[Run]


def looks(style: Style | None, ink: str, ground: str) -> Look:
    """The look of a style, with the colours for those that it does not say."""
    if style is None:
        return Look(ink, ground)
    front, back = _colour(style.color, ink), _colour(style.bgcolor, ground)
    if style.reverse:
        front, back = back, front
    said = {"b": style.bold, "i": style.italic, "u": style.underline}
    return Look(front, back, "".join(letter for letter, is_so in said.items() if is_so))


def _colour(colour: Color | None, default: str) -> str:
    return default if colour is None or colour.is_default else colour.get_truecolor().hex


def line_of(strips: Iterable[Strip], ink: str, ground: str) -> Line:
    """The strips of one line as runs."""
    segments = (segment for strip in strips for segment in strip if not segment.control and segment.text)
    return [(segment.text, looks(segment.style, ink, ground)) for segment in segments]


def drawing(line: Line, ground: str) -> str:
    """One line as SVG elements, its top left at (0, 0); the ground is what is behind it anyway."""
    cells = list(_cells(line))
    return "".join((*_painted(_grounds(cells, ground)), *_painted(_shapes(cells)), *_words(cells)))


Cell = tuple[int, str, Look]
"""Where it begins, its sign, its look."""
Patch = tuple[str, float, Box]
"""Colour, opacity, and where in cells."""


def _cells(line: Line) -> Iterator[Cell]:
    at = 0
    for text, look in line:
        for sign in text:
            yield at, sign, look
            at += cell_len(sign)


def _grounds(cells: Sequence[Cell], ground: str) -> Iterator[Patch]:
    for colour, group in groupby(cells, lambda cell: cell[2].ground):
        run = list(group)
        if colour != ground:
            yield colour, 1, (run[0][0], 0, _end(run) - run[0][0], 1)


def _end(run: Sequence[Cell]) -> int:
    return run[-1][0] + max(1, cell_len(run[-1][1]))


def _shapes(cells: Sequence[Cell]) -> Iterator[Patch]:
    for (sign, ink), group in groupby(cells, lambda cell: (cell[1], cell[2].ink)):
        run = list(group)
        if sign in SHADES:
            yield ink, SHADES[sign], (run[0][0], 0, len(run), 1)
        for left, top, width, height in BOXES.get(sign, ()):
            if width == 1:
                yield ink, 1, (run[0][0], top, len(run), height)
            else:
                yield from ((ink, 1, (at + left, top, width, height)) for at, _, _ in run)


def _painted(patches: Iterable[Patch]) -> Iterator[str]:
    """One element for all of a colour; blocks meet without a seam, lines are drawn however thin."""
    paths: dict[tuple[str, float, bool], list[str]] = {}
    for colour, opacity, box in patches:
        block = box[2] * CELL[0] >= _BLOCK and box[3] * CELL[1] >= _BLOCK
        paths.setdefault((colour, opacity, block), []).append(_path(box))
    for (colour, opacity, block), parts in paths.items():
        more = (' class="k"' if block else "") + (f' opacity="{opacity:g}"' if opacity < 1 else "")
        yield f'<path d="{"".join(parts)}" fill="{colour}"{more}/>'


def _path(box: Box) -> str:
    across, down = CELL
    x, y, w, h = (part * unit for part, unit in zip(box, (across, down, across, down), strict=True))
    return f"M{x:.6g} {y:.4g}h{w:.6g}v{h:.4g}h-{w:.6g}z"


def _words(cells: Sequence[Cell]) -> Iterator[str]:
    """Text without the signs that are shapes, each stretch put where it belongs whatever the font's width."""
    for look, group in groupby(cells, lambda cell: cell[2]):
        run = list(group)
        text = "".join(" " if sign in BOXES or sign in SHADES else sign for _, sign, _ in run)
        for found in finditer(r"\S+(?: \S+)*", text):
            yield _text(run[found.start()][0], found.group(), look)


def _text(at: int, text: str, look: Look) -> str:
    across, _ = CELL
    weights = f' class="{" ".join(look.weights)}"' if look.weights else ""
    place = f'x="{at * across}" y="{_BASE}" textLength="{cell_len(text) * across}"'
    return f'<text {place} fill="{look.ink}"{weights}>{escape(text, quote=False)}</text>'


def sheet() -> str:
    """The style rules that drawings need."""
    rules = "".join(f".{letter}{{{rule}}}" for letter, rule in _WEIGHTS.items())
    return f"text{{font:{_FONT_SIZE}px {_FONTS}}}.k{{shape-rendering:crispEdges}}{rules}"


def framed(columns: int, lines: int, ground: str, title: str, body: str, style: str = "") -> str:
    """A whole picture around `body`, in which the screen's top left is at (0, 0)."""
    width, height = columns * CELL[0] + 2 * EDGE, lines * CELL[1] + 2 * EDGE
    view = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img">\n<title>{escape(title)}</title>\n'
        f"<style>{sheet()}{style}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{ground}"/>\n'
        f'<svg x="{EDGE}" y="{EDGE}" width="{columns * CELL[0]}" height="{lines * CELL[1]}">\n'
        f"{body}\n</svg>\n</svg>\n"
    )


def svg(lines: Sequence[Line], columns: int, ground: str, title: str) -> str:
    """A screen of `columns` as a picture, a line of the file for each of its own."""
    drawn = (f'<g transform="translate(0 {CELL[1] * at})">{drawing(line, ground)}</g>' for at, line in enumerate(lines))
    return framed(columns, len(lines), ground, title, "\n".join(drawn))


def screenshot(app: App[Any], title: str) -> str:
    """What an application shows now, whatever screens lie over one another."""
    variables = app.theme_variables
    ink, ground = variables["foreground"], variables["background"]
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    return svg([line_of(strips, ink, ground) for strips in update.strips], app.size.width, ground, title)
