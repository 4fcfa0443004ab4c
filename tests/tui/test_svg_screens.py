"""The screen with its colours, as SVG, at the three sizes it is made for, dark and light."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from tests.rules.stories_pages import begun, pages_of, put_table
from tests.tui.screen import SIZES, Driven, opened
from vdmabuf_inspect.reference.picture import Format, paint
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.tui.colourless import contrast
from vdmabuf_inspect.tui.theme import LIGHT, THEME, VARIABLES
from vdmabuf_inspect.tui.theme import THEMES as OURS

GOLDEN = Path(__file__).parent / "golden" / "svg"
KEYS = {
    "finding": ["left_curly_bracket"] * 4,
    "ring": ["4"],
    "rules": ["r"],
}
THEMES = {"dark": THEME.name, "light": LIGHT.name}
FORM = Format.of(32, 24)


@asynccontextmanager
async def shown(scene: str, size: str, story: Path, folder: Path) -> AsyncIterator[Driven]:
    """The screen of a scene: of the recording, or a buffer's page of guest memory with a picture in it."""
    if scene in KEYS:
        async with opened(story, SIZES[size]) as it:
            await it.press("g", "F", *KEYS[scene])
            yield it
    else:
        async with opened(*_memory(folder, size)) as it:
            it.table("buffers").focus()
            await it.press("g", "o")
            await it.until(lambda: "▀▀▀▀" in it.text)
            yield it


def _memory(folder: Path, size: str) -> tuple[str, tuple[int, int], SourceOptions]:
    story = begun()
    story.export(1, pages=3, reference=put_table(story, 1, pages_of(1)), private=FORM.pack())
    story.guest.write(pages_of(1)[0], paint(FORM, 5))
    (folder / "guest.ram").write_bytes(bytes(story.guest.ram))
    layouts = [ring.layout for ring in story.rings]
    queues = tuple(QueueOption(lay.name, lay.desc, lay.avail, lay.used, lay.size) for lay in layouts)
    options = SourceOptions(queues, device="vdmabuf", dialect="spec")
    return f"raw:{folder / 'guest.ram'}@0", SIZES[size], options


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_the_edges_of_panes_are_seen(theme: Theme) -> None:
    edge = Color.parse(theme.variables.get("edge", VARIABLES["edge"]))
    assert contrast(edge, Color.parse(theme.background or "")) >= 1.9


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", [*KEYS, "buffer"])
async def test_screen(scene: str, size: str, story: Path, tmp_path: Path, update_golden: bool) -> None:
    async with shown(scene, size, story, tmp_path) as it:
        for name, theme in THEMES.items():
            it.app.theme = theme
            await it.settled()
            expected = GOLDEN / f"{scene}-{size}-{name}.svg"
            picture = it.app.export_screenshot(title=scene)
            if update_golden:
                GOLDEN.mkdir(exist_ok=True)
                expected.write_text(picture, encoding="utf-8")
            assert picture.splitlines() == expected.read_text(encoding="utf-8").splitlines()
