"""The transient line: it judges while one types, completes, remembers, and gives the keys back."""

from pathlib import Path

from tests.tui.screen import Driven, Typed, opened
from vdmabuf_inspect.tui.widgets.prompt import Prompt


def prompt(it: Driven) -> Prompt:
    found = it.widget("prompt")
    assert isinstance(found, Prompt)
    return found


def pointer(it: Driven) -> str:
    """What stands above the arrow."""
    lines = it.text.splitlines()
    at = next(i for i, line in enumerate(lines) if "↑" in line)
    return lines[at - 1][lines[at].index("↑") :]


async def test_it_judges_while_one_types(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("cmd =="))
        assert prompt(it).has_class("-bad")
        await it.press(Typed(" EXPORT"))
        assert not prompt(it).has_class("-bad")
        assert "✔" in it.text
        await it.press(Typed(" && nonsense == 3"))
        assert pointer(it).startswith("nonsense"), it.text
        await it.press("enter")
        assert prompt(it).asking, "what makes no sense is not taken"
        assert it.board.selection is None


async def test_esc_changes_nothing_and_gives_the_keys_back(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("cmd == EXPORT"), "escape")
        assert it.board.selection is None
        assert (it.focused, prompt(it).asking) == ("messages", False)
        await it.press("k")
        assert it.seq == 31


async def test_letters_are_letters_while_typing(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("q!?.,[]{}"))
        assert prompt(it).input.value == "q!?.,[]{}"
        assert it.app.is_running
        assert "Quit" not in it.text.splitlines()[-1]
        await it.press("escape")
        assert "Quit" in it.text.splitlines()[-1]


async def test_tab_completes(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("que"), "tab")
        assert prompt(it).input.value.startswith("queue")
        await it.press(Typed(" == vdmabuf0/send"), "enter")
        assert it.table("messages").count == 10


async def test_it_remembers(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("cmd == EXPORT"), "enter")
        await it.press("slash", *["backspace"] * 13, Typed("size == 260"), "enter")
        await it.press("slash")
        assert prompt(it).input.value == "size == 260", "the filter in force is there to be changed"
        await it.press("up", "up")
        assert prompt(it).input.value == "cmd == EXPORT"
        await it.press("down", "down")
        assert prompt(it).input.value == ""


async def test_the_cursor_stays_under_a_filter(story: Path) -> None:
    async with opened(story) as it:
        await it.press("colon", Typed("24"), "enter", "slash", Typed("cmd == EXPORT"), "enter")
        assert (it.seq, it.table("messages").seq) == (24, 24)
        await it.press("exclamation_mark")
        assert (it.seq, it.table("messages").seq) == (24, 24)


async def test_a_filter_that_matches_nothing(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("size == 1"), "enter", "j", "k", "enter", "escape", "G", "g")
        assert "messages 0 of 14" in it.text
        await it.press("slash", *["backspace"] * 9, "enter", "G")
        assert it.table("messages").count == 14
