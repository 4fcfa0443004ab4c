"""Every sign on the screen as one of ASCII, for terminals and fonts that have no other."""

import locale
import os

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from vdmabuf_inspect.views.ascii import TABLE


class Ascii(LineFilter):
    """The last thing that happens to a line before it is written."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [
            segment if segment.control or segment.text.isascii() else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


def plain(text: str) -> str:
    """ASCII of the same width; `?` for each cell of a sign that nothing stands for."""
    text = text.translate(TABLE)
    return text if text.isascii() else "".join(ch if ch.isascii() else "?" * cell_len(ch) for ch in text)


def only_ascii() -> bool:
    """Whether the locale says that the terminal knows no more than ASCII; a locale that says nothing does not."""
    named = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    if not named or named.partition(".")[0] in ("C", "POSIX"):
        return bool(named) and "utf" not in named.lower() and locale.getencoding().lower() != "utf-8"
    return bool("." in named and "utf" not in named.lower())
