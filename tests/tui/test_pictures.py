"""Pictures that the terminal draws: it is asked whether it can, given the right ones, and nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.rules.stories_pages import begun, pages_of, put_table
from tests.tui.graphical_terminal import CELL, GraphicalTerminal, on_a
from vdmabuf_inspect.picture import Layout, picture_of
from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.reference.picture import Format, paint

FORM = Format.of(32, 24)
GRAPHICAL = ("kitty", "sixel")


@pytest.fixture
def memory(tmp_path: Path) -> list[str]:
    """Arguments that open a snapshot of memory with one buffer, in which there is a picture."""
    story = begun()
    story.export(1, pages=3, reference=put_table(story, 1, pages_of(1)), private=FORM.pack())
    story.guest.write(pages_of(1)[0], paint(FORM, 5))
    path = tmp_path / "guest.ram"
    path.write_bytes(bytes(story.guest.ram))
    layouts = [ring.layout for ring in story.rings]
    queues = [f"--queue={x.name}={x.desc:#x},{x.avail:#x},{x.used:#x},{x.size}" for x in layouts]
    return [f"raw:{path}@0", "--device=vdmabuf", "--dialect=spec", *queues]


def expected(kind: str) -> Bytes:
    """The picture's pixels as this kind of terminal is given them."""
    data = paint(FORM, 5)
    rgb = picture_of(Layout.named("XR24", 32, 24), lambda at, size: data[at : at + size]).rgb
    if kind == "kitty":
        return rgb
    step = np.rint(rgb.astype(np.float32) * 5 / 255)
    return np.rint(np.round(step * 20) * 2.55).astype(np.uint8)


def open_page(it: GraphicalTerminal) -> None:
    """The page of the buffer."""
    it.until(lambda: "EXPORT" in it.screen())
    it.press("o")


def lasting(it: GraphicalTerminal, condition: Callable[[], bool]) -> None:
    """It comes true, and is so when nothing more is written."""
    it.until(condition)
    it.settle()
    it.until(condition)


def right(it: GraphicalTerminal, kind: str) -> bool:
    """One picture is shown, whole, of the right pixels, within the pane, with nothing but blanks under it."""
    if len(it.pictures) != 1:
        return False
    (shown,) = it.pictures.values()
    times = shown.rgb.shape[0] // FORM.height
    wide, high = -(-shown.rgb.shape[1] // CELL[0]), -(-shown.rgb.shape[0] // CELL[1])
    return (
        times > 1
        and shown.rgb.shape == (FORM.height * times, FORM.width * times, 3)
        and bool((shown.rgb[::times, ::times] == expected(kind)).all())
        and len(shown.cells) == wide * high
        and all(it.text.get(cell, " ") == " " for cell in shown.cells)
        and all(it.columns // 2 <= x < it.columns and y < it.rows for x, y in shown.cells)
    )


@pytest.mark.parametrize("kind", GRAPHICAL)
def test_a_terminal_with_graphics_draws_and_forgets(kind: str, memory: list[str], tmp_path: Path) -> None:
    with on_a(kind, memory, str(tmp_path)) as it:
        open_page(it)
        lasting(it, lambda: right(it, kind))
        before = next(iter(it.pictures.values())).rgb.shape
        it.resize((90, 24))
        lasting(it, lambda: right(it, kind) and next(iter(it.pictures.values())).rgb.shape != before)
        it.press("\x10")
        lasting(it, lambda: "Search for commands" in it.screen() and it.nothing_shown())
        it.press("\x1b")
        lasting(it, lambda: right(it, kind))
        it.press("q")
        lasting(it, lambda: "EXPORT" in it.screen() and it.nothing_shown() and not it.images)
        it.press("q")
        assert it.ended() == 0


def test_half_blocks_for_the_others(memory: list[str], tmp_path: Path) -> None:
    with on_a("neither", memory, str(tmp_path)) as it:
        open_page(it)
        it.until(lambda: "▀▀▀▀" in it.screen())
        assert not it.pictures
