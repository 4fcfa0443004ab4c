"""The control plane on the screen: a list in the place of the buffers, messages in detail, findings that lead there."""

from pathlib import Path

import pytest

from tests.cli.recordings import talked
from tests.stories.read_back import write_capture
from tests.tui.screen import SIZES, opened


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    story = talked()
    return write_capture(tmp_path_factory.mktemp("control") / "talked.pcapng", story.guest.records, story.guest.names)


@pytest.mark.parametrize("size", SIZES)
async def test_the_messages_are_a_list_of_their_own(recording: Path, size: str) -> None:
    async with opened(recording, SIZES[size]) as it:
        await it.press("v")
        assert it.focused == "control"
        assert "vhost-user messages 21" in it.text and "SET_VRING_ENABLE" in it.text
        assert not it.widget("buffers").display
        await it.press("g", "j", "j", "j")
        assert it.seq == it.table("control").seq == 14
        assert "GET_FEATURES answered by the back end" in it.text or size == "80x24"
        fields = it.table("fields")
        assert {fields.rows.row(i)["name"].strip() for i in range(len(fields.rows))} >= {"features", "answers"}
        await it.press("enter")
        assert it.focused == "fields" and "[00 00 00 40 01 00 00 00]" in it.text
        await it.press("v")
        assert it.focused == "buffers" and not it.widget("control").display


async def test_enter_shows_the_row_that_is_chosen_at_the_end_too(recording: Path) -> None:
    async with opened(recording, SIZES["120x40"]) as it:
        await it.press("v", "G")
        last = it.table("control").seq
        assert last and it.board.cursor.following
        await it.press("enter")
        assert (it.focused, it.board.event, it.board.cursor.following) == ("fields", last, False)
        assert f"#{last} " in it.text


async def test_a_finding_leads_to_its_message(recording: Path) -> None:
    async with opened(recording, SIZES["120x40"]) as it:
        await it.press("left_curly_bracket")
        assert it.seq == 27 and "VH201" in it.text and it.table("control").seq == 27
        it.table("findings").focus()
        await it.press("g", "enter")
        assert it.focused == "control" and it.seq == 26
        assert "SET_VRING_ADDR from the front end" in it.text


async def test_tab_goes_there_too(recording: Path) -> None:
    async with opened(recording, SIZES["80x24"]) as it:
        seen = []
        for _ in range(7):
            await it.press("tab")
            seen.append(it.focused)
        assert seen == ["fields", "hex", "buffers", "control", "findings", "queues", "messages"]
        assert "▸queues" in it.text and "control" in it.text
