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


async def test_tab_goes_through_what_is_offered(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("buf"))
        assert "tab ▸ buffer buffer.vmid" in it.text
        await it.press("tab", "tab")
        assert prompt(it).input.value == "buffer.vmid"
        offered = len(prompt(it)._offers.words)
        await it.press(*["tab"] * (offered - 1))
        assert prompt(it).input.value == "buffer", "and round again"
        await it.press("tab", Typed(" == 7 && cmd == "))
        assert "EXPORT DMABUF_REL" in it.text
        await it.press("tab", "tab")
        assert prompt(it).input.value == "buffer.vmid == 7 && cmd == NEED_VMID"
        await it.press("home", "tab")
        assert prompt(it).input.value.startswith("seqbuffer.vmid"), "what is there before the cursor"


async def test_nothing_typed_is_no_mistake_and_nothing_is_completed_where_nothing_is_offered(story: Path) -> None:
    async with opened(story) as it:
        await it.press("s")
        assert "✖" not in it.text.splitlines()[-2] and "a text in fields and bytes" in it.text
        assert "Complete" not in it.text.splitlines()[-1]
        await it.press("enter")
        assert prompt(it).asking
        await it.press("escape", "W")
        assert " save to ▸ /" in it.text


async def test_what_was_told_does_not_cover_what_is_asked(story: Path) -> None:
    async with opened(story, (80, 24)) as it:
        await it.press("quotation_mark")
        assert "nothing is marked" in it.text
        await it.press("colon")
        assert "nothing is marked" not in it.text
        await it.press("escape", "quotation_mark", "question_mark")
        assert "nothing is marked" not in it.text


async def test_a_note_takes_the_place_of_the_one_that_is_offered(story: Path) -> None:
    async with opened(story) as it:
        await it.press("m", *"mine", "enter")
        seq = it.board.event
        assert it.board.marks() == {seq: "mine"}
        await it.press("m", Typed(" too"), "enter")
        assert it.board.marks() == {seq: "mine too"}


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


async def test_at_the_end_the_detail_is_of_the_last_message_that_is_shown(story: Path) -> None:
    async with opened(story) as it:
        assert "#33 EXPORT" in it.text
        await it.press("slash", Typed("rule == VL503"), "enter")
        assert (it.table("messages").seq, it.board.event) == (28, 28)
        assert "#28 DMABUF_REL" in it.text
        await it.press("exclamation_mark")
        assert it.board.event == 33
        await it.press("slash", *["backspace"] * 13, Typed("size == 1"), "enter")
        assert it.board.event == 33, "nothing is shown"


async def test_a_filter_that_matches_nothing(story: Path) -> None:
    async with opened(story) as it:
        await it.press("slash", Typed("size == 1"), "enter", "j", "k", "enter", "escape", "G", "g")
        assert "messages 0 of 14" in it.text
        await it.press("slash", *["backspace"] * 9, "enter", "G")
        assert it.table("messages").count == 14
