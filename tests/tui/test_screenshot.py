"""Pictures of the screen: as at first whatever the user left, whole without anything from elsewhere."""

import asyncio
from pathlib import Path
from xml.etree import ElementTree

from tests.tui.screen import opened
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.screenshot import take
from vdmabuf_inspect.tui.svg import Look, drawing, svg

_SVG = "{http://www.w3.org/2000/svg}"
_PLAIN = Look("#ffffff", "#000000")


def _taken(story: Path, out: Path, *keys: str, remembered: bool = False) -> str:
    asyncio.run(take(Inspection(str(story)), out, (100, 24), keys, remembered))
    return out.read_text()


def test_what_is_remembered_is_neither_used_nor_changed(story: Path, state: Path, tmp_path: Path) -> None:
    first = _taken(story, tmp_path / "first.svg", "2", "T", "t")
    assert not state.exists(), "nothing was written"
    Remembered().put("arrangement", ["stage ring", "hidden buffers"])
    Remembered().put("theme", ["vdmabuf-light"])
    kept = {path: path.read_bytes() for path in state.iterdir()}
    assert _taken(story, tmp_path / "second.svg", "2", "T", "t") == first
    assert {path: path.read_bytes() for path in state.iterdir()} == kept
    assert "#fbfbf9" in _taken(story, tmp_path / "third.svg", remembered=True), "unless asked for: their light theme"


async def test_a_picture_is_whole(story: Path) -> None:
    async with opened(story, (120, 40)) as it:
        await it.press("left_curly_bracket")
        picture = it.app.export_screenshot(title="a < b")
        words = {word for line in it.text.splitlines() for word in line.split() if word.isalnum()}
    assert picture.count("http") == 1, "the name space, and no host"
    assert "url(" not in picture and "@import" not in picture
    tree = ElementTree.fromstring(picture)
    title = tree.find(f"{_SVG}title")
    assert title is not None and title.text == "a < b"
    drawn = " ".join(str(text.text) for text in tree.iter(f"{_SVG}text"))
    assert words and all(word in drawn for word in words)


def test_text_stands_where_its_cells_are() -> None:
    assert drawing([("  ab c   d", _PLAIN)], "#000000") == (
        '<text x="18" y="14" textLength="36" fill="#ffffff">ab c</text>'
        '<text x="81" y="14" textLength="9" fill="#ffffff">d</text>'
    )


def test_lines_and_blocks_are_shapes() -> None:
    line = [("━━", _PLAIN), ("▀", Look("#ff0000", "#0000ff"))]
    assert drawing(line, "#000000") == (
        '<path d="M18 0h9v18h-9z" fill="#0000ff" class="k"/><path d="M0 8.1h18v1.8h-18z" fill="#ffffff"/>'
        '<path d="M18 0h9v9h-9z" fill="#ff0000" class="k"/>'
    )


def test_marks_of_the_guest_are_text() -> None:
    picture = svg([[("<b>&amp;</b>", _PLAIN)]], 20, "#000000", "</svg>")
    (text,) = ElementTree.fromstring(picture).iter(f"{_SVG}text")
    assert text.text == "<b>&amp;</b>"
