"""How the screen is arranged: laws of the arrangement, and that it is there again in the next run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.screen import SIZES, opened
from vdmabuf_inspect.tui.arrangement import DIVIDERS, HEIGHT, MOVES, PANES, WIDTH, Arrangement, arrangement

STEPS = st.lists(
    st.tuples(st.sampled_from(["stage", *PANES]), st.sampled_from([WIDTH, HEIGHT]), st.sampled_from([1, -1]))
)


@given(STEPS, st.sampled_from(list(DIVIDERS)), st.lists(st.sampled_from(PANES), unique=True))
def test_words_say_all_of_it(steps: list[tuple[str, str, int]], width: str, hidden: list[str]) -> None:
    found = Arrangement(hidden=hidden, columns=["seq", "took"], stage="ring", clock="DELTA")
    for pane, axis, step in steps:
        found.grow(pane, axis, step, width)
    again = arrangement(found.words())
    assert again.words() == found.words()
    assert (again.hidden, again.columns, again.stage, again.clock) == (hidden, ["seq", "took"], "ring", "DELTA")


@given(st.lists(st.text()))
def test_any_words_are_an_arrangement(words: list[str]) -> None:
    arrangement([*words, "size detail 99999", "size nonsense 3", "hidden nonsense,hex"])


@pytest.mark.parametrize("width", DIVIDERS)
def test_a_pane_grows_until_it_does_not(width: str) -> None:
    found = Arrangement()
    assert [found.grow("stage", HEIGHT, 1, width) for _ in range(12)].count(True) == 8
    assert not found.grow("nonsense", HEIGHT, 1, width)
    for pane, moves in MOVES[width].items():
        assert all(name in DIVIDERS[width] for name, _ in moves.values()), pane


async def test_the_next_run_looks_the_same(story: Path) -> None:
    async with opened(story) as it:
        await it.press("t", "tab", "plus", "greater_than_sign", "tab", "X", "tab", "X", "c", "space", "escape", "4")
        it.app.clear_notifications()
        await it.settled()
        before = it.widget("fields").size
        text = it.text
    async with opened(story) as it:
        assert it.focused == "ring"
        assert it.widget("fields").size == before
        assert it.text.splitlines()[2:] == text.splitlines()[2:]
        await it.press("1")
        assert "+2.000 ms" in it.text
        assert "seq" not in it.table("messages")._fit[0][0].name
        await it.press("0", "t", "t")
    async with opened(story) as it:
        assert it.focused == "messages"
        assert "0.024000" in it.text


@pytest.mark.parametrize("size", SIZES)
async def test_any_size_takes_what_another_left(size: str, story: Path) -> None:
    async with opened(story, (200, 50)) as it:
        await it.press(*["plus"] * 3, "tab", *["less_than_sign"] * 4, "shift+tab", *["greater_than_sign"] * 3)
    async with opened(story, SIZES[size]) as it:
        for name in ("messages", "fields"):
            assert it.widget(name).size.width > 10
            assert it.widget(name).size.height > 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"screen": 3}', '{"screen": ["size detail x", "stage none"]}'])
async def test_a_broken_state_stops_nobody(content: str, story: Path, state: Path) -> None:
    state.mkdir(parents=True)
    (state / "remembered.json").write_text(content)
    async with opened(story) as it:
        assert it.focused == "messages"


async def test_a_state_that_cannot_be_kept_stops_nobody(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with opened(story) as it:
        await it.press("plus", "2")
        assert it.focused == "ladder"
