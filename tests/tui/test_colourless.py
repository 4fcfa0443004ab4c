"""NO_COLOR: no colour is written at all, and what a colour said is said otherwise."""

import re
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.tui.screen import opened
from tests.tui.test_run import on_a_terminal
from vdmabuf_inspect.tui.colourless import Colourless

_AROUND = Color.parse("#121417")


def _plain(text: str, ink: str, ground: str, **more: bool) -> Segment:
    style = Style(color=ink, bgcolor=ground, **more)
    return Colourless().apply([Segment(text, style)], _AROUND)[0]


def test_a_line_that_stands_out_is_reversed() -> None:
    row, bar = _plain("row", "#d0d0d0", "#26405c", bold=True), _plain("bar", "#d0d0d0", "#22272e")
    assert row.style == Style(bold=True, italic=None, underline=None, reverse=True)
    assert bar.style is not None and not bar.style.reverse and bar.style.color is bar.style.bgcolor is None


def test_a_picture_becomes_shades() -> None:
    shades = [_plain("▀▀", f"rgb({v},{v},{v})", f"rgb({v},{v},{v})").text for v in (0, 64, 128, 192, 255)]
    assert shades == ["  ", "░░", "▒▒", "▓▓", "██"]


def test_no_colour_is_written(story: Path) -> None:
    code, written = on_a_terminal(str(story), b"q", b"\x1b[1;7", {"NO_COLOR": "1"})
    renditions = {part for found in re.findall(rb"\x1b\[([0-9;]*)m", written) for part in found.split(b";")}
    assert code == 0 and renditions <= {b"", b"0", b"1", b"3", b"4", b"7", b"39", b"49"}
    assert b"EXPORT" in written
    assert b"\x1b_G" not in written, "nor are pictures in colours asked for"


async def test_an_empty_word_asks_for_nothing(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with opened(story) as it:
        assert not it.app.no_color


async def test_other_colours_are_not_chosen_where_there_are_none(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(story) as it:
        before = it.app.theme
        await it.press("T")
        assert it.app.theme == before and "NO_COLOR is set" in it.text
