"""The whole screen as text, at the three sizes it is made for, against what was looked at and found good."""

from pathlib import Path

import pytest

from tests.tui.screen import SIZES, Typed, opened

GOLDEN = Path(__file__).parent / "golden"
SCENES = {
    "end": [],
    "finding": ["left_curly_bracket", "left_curly_bracket", "left_curly_bracket", "left_curly_bracket"],
    "filter": ["slash", Typed("cmd == EXPORT && bogus == 1")],
    "buffers": ["tab", "tab", "tab"],
    "ring": ["4"],
    "help": ["question_mark"],
    "rules": ["r"],
    "difference": ["left_curly_bracket", "D"],
    "copy": ["enter", "y"],
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
async def test_screen(scene: str, size: str, story: Path, update_golden: bool) -> None:
    async with opened(story, SIZES[size]) as it:
        for key in ("g", "F", *SCENES[scene]):
            await it.press(key)
        expected = GOLDEN / f"{scene}-{size}.txt"
        if update_golden:
            GOLDEN.mkdir(exist_ok=True)
            expected.write_text(it.text)
        assert it.text == expected.read_text()


@pytest.mark.parametrize("size", [(40, 10), (20, 6), (250, 70)])
async def test_any_size_works(size: tuple[int, int], story: Path) -> None:
    async with opened(story, size) as it:
        for _ in range(6):
            await it.press("tab", "j", "pagedown")
        await it.press("x", "backslash", "question_mark", "escape", "slash", "escape")
        assert it.text.splitlines()[0].strip()


async def test_resizing_keeps_the_place(story: Path) -> None:
    async with opened(story, (200, 50)) as it:
        await it.press("colon", Typed("24"), "enter", "tab")
        for size in ((80, 24), (120, 40), (60, 15), (200, 50)):
            await it.pilot.resize_terminal(*size)
            await it.settled()
            assert (it.seq, it.table("messages").seq) == (24, 24)
            assert "24" in it.text
        assert it.focused == "fields"
