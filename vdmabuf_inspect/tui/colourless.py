"""A screen without colours, as NO_COLOR asks for: what stood out by its ground stands out reversed."""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_SHADES = " ░▒▓█"
_PIXELS = frozenset("▀")
_STANDS_OUT = 1.5
"""The contrast to what is around from which on a ground means something; bars and idle cursors have less."""


class Colourless(LineFilter):
    """Takes every colour out of a line; a picture becomes shades."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line without colours."""
        return [
            segment if segment.control else Segment(_shaded(segment), _plain(segment.style or Style.null(), background))
            for segment in segments
        ]


@lru_cache(maxsize=1 << 12)
def _plain(style: Style, around: Color) -> Style:
    lit = style.bgcolor is not None and contrast(Color.from_rich_color(style.bgcolor), around) >= _STANDS_OUT
    reverse = lit != bool(style.reverse)
    return Style(bold=style.bold, italic=style.italic, underline=style.underline, reverse=reverse)


def contrast(one: Color, other: Color) -> float:
    """The ratio of the Web Content Accessibility Guidelines, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    linear = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _shaded(segment: Segment) -> str:
    """The text, or where it is pixels a shade of their brightness."""
    style = segment.style
    if style is None or style.color is None or style.bgcolor is None or not _PIXELS.issuperset(segment.text):
        return segment.text
    return _shade(style.color, style.bgcolor) * len(segment.text)


@lru_cache(maxsize=1 << 12)
def _shade(one: RichColor, other: RichColor) -> str:
    bright = (Color.from_rich_color(one).brightness + Color.from_rich_color(other).brightness) / 2
    return _SHADES[round(bright * (len(_SHADES) - 1))]
