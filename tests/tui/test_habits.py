"""Habits: every key in the palette, ASCII where there is nothing else, themes that stay, nothing that moves."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Static

from tests.tui.screen import Typed, opened
from tests.tui.test_run import on_a_terminal
from vdmabuf_inspect.session.load import Inspection, inspect
from vdmabuf_inspect.tui.app import InspectApp, keep_marks
from vdmabuf_inspect.tui.ascii import TABLE, only_ascii, plain
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.palette import INKS
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.screens.help import Help
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.theme import THEMES, ink_styles


async def test_every_key_is_in_the_palette_and_works_from_there(story: Path) -> None:
    async with opened(story) as it:
        offered = {command.title: command for command in it.app.get_system_commands(it.app.screen)}
        for key in KEYS:
            assert isinstance(key, Binding) and offered[key.tooltip].help.startswith("key ")
        assert not {"Keys", "Maximize", "Screenshot"} & set(offered), "ours do what Textual's would"
        await it.press("ctrl+p", Typed("the event before"))
        await it.until(lambda: "the event before" in it.text.replace("the event before", "", 1))
        await it.press("enter")
        await it.until(lambda: it.seq == it.board.session.seq - 1)


async def test_nothing_moves_by_itself(story: Path) -> None:
    async with opened(story) as it:
        assert it.app.animation_level == "none"


def test_ascii_is_as_wide_and_known_signs_are_drawn() -> None:
    assert all(cell_len(chr(code)) == len(sign) == 1 and sign.isascii() for code, sign in TABLE.items())
    assert plain("▌✖ VL503 │ … 日本 é") == "|x VL503 | ~ ???? ?"


def test_every_sign_on_the_screen_has_one_of_ascii() -> None:
    signs = set("".join(path.read_text() for path in (Path(__file__).parent / "golden").glob("*.txt")))
    assert {sign for sign in signs if not sign.isascii() and ord(sign) not in TABLE} == set()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LC_ALL": "de_DE.iso88591", "LANG": "en_US.UTF-8"}, True),
        ({}, False),
    ],
)
def test_the_locale_decides(environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert only_ascii() is expected


def test_ascii_on_a_real_terminal(story: Path, state: Path) -> None:
    environment = {"XDG_STATE_HOME": str(state.parent), "LC_ALL": "en_US.ISO-8859-1"}
    code, written = on_a_terminal(str(story), b"q", b"v end", environment)
    assert code == 0 and written.isascii()
    text = re.sub(rb"\x1b\[[^a-zA-Z]*[a-zA-Z]", b"", written)
    assert b"x 3" in text and b"> EXPORT" in text


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_a_theme_is_remembered_and_every_ink_can_be_read(story: Path, theme: Theme) -> None:
    name = theme.name
    Remembered().put("theme", [name])
    async with opened(story) as it:
        assert it.app.theme == name
        background = Color.parse(it.app.theme_variables["background"])
        styles = ink_styles(it.app)
        for ink in INKS:
            colour = styles[ink].color
            assert colour is not None and colour.triplet is not None
            contrast = _contrast(Color(*colour.triplet), background)
            assert contrast >= 3.0, (ink, contrast)


def _contrast(one: Color, other: Color) -> float:
    """The ratio of the Web Content Accessibility Guidelines, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


async def test_marks_are_not_lost_by_a_slip(story: Path) -> None:
    async with opened(story) as it:
        await it.press("m", "enter", "q")
        assert "marks are in no file yet" in it.text and it.app.is_running
        await it.pilot.press("q")
        await it.until(lambda: it.app.return_value == 0)


def test_marks_go_into_the_recording_that_is_kept(story: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcapng"
    kept.write_bytes(story.read_bytes())
    inspection = Inspection(str(kept), keep=kept)
    inspection.run()
    InspectApp(inspection).board.mark(5, "here")
    keep_marks(inspection)
    again = inspect(str(kept))
    assert again.notes == {4: "here"} and again.seq == inspection.session.seq
    assert [again.record(row) for row in range(4)] == [inspection.session.record(row) for row in range(4)]


async def test_each_screen_has_its_keys_on_a_page(story: Path) -> None:
    async with opened(story) as it:
        for keys, said in (("r", "hear no more of this rule"), ("o", "Here"), ("D", "Close"), ("y", "Close")):
            await it.press(keys, "question_mark")
            await it.until(lambda: isinstance(it.app.screen, Help))
            assert said in it.text and "Here" in it.text
            await it.press("escape")
            await it.until(lambda: not isinstance(it.app.screen, Help))
            await it.press("escape")
            await it.until(lambda: isinstance(it.app.screen, Workbench))


async def test_a_rule_page_says_what_was_found_here_in_full(story: Path) -> None:
    async with opened(story, (80, 24)) as it:
        await it.press("r")
        assert it.app.screen.query_one("#groups").has_focus
        await it.press("tab", "tab")
        assert it.app.screen.query_one("#rule-page").has_focus
        page = it.app.screen.query_one("#rule-text", Static).content
        shown = it.table("instances").rows.row(0)
        assert f"Here, at event {shown['seq']}" in str(page) and shown["message"] in str(page)
        await it.press("o")
        assert "culprit" in it.text.splitlines()[1]
        await it.press("tab")
        assert it.app.screen.query_one("#groups").has_focus


async def test_playing_is_said_while_it_lasts() -> None:
    async with opened("captures/faults.pcapng") as it:
        await it.press("g")
        it.app.simulate_key("P")
        await it.until(lambda: "▶ playing x1, any key stops" in it.text.splitlines()[0])
        it.app.simulate_key("k")
        await it.until(lambda: "playing" not in it.text.splitlines()[0])
