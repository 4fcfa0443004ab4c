"""The one table: only what is visible is made, a move repaints two lines, the cursor stays with its row."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen

from vdmabuf_inspect.tui.theme import VARIABLES
from vdmabuf_inspect.tui.widgets.row_canvas import HEADER, MARK
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row

MANY = 10_000_000
COLUMNS = (Column("seq", "seq", 10, right=True), Column("twice", "twice", 12), Column("text", "text", 20))


class Numbers:
    """Rows that are made when asked for; every third event is a row. `made` counts them."""

    columns = COLUMNS

    def __init__(self, count: int, step: int = 3) -> None:
        self.count, self.step, self.made = count, step, 0

    def __len__(self) -> int:
        return self.count

    def row(self, i: int) -> Row:
        if not 0 <= i < self.count:
            raise IndexError(i)
        self.made += 1
        return {"seq": self.row_seq(i), "twice": 2 * i, "text": "[b]\x1b[2J[/b]"}

    def index(self, i: int) -> int:
        return i

    def row_seq(self, index: int) -> int:
        return index * self.step + 1

    def place(self, seq: int) -> int:
        return min(self.count, -(-(seq - 1) // self.step))


class Holder(Screen[None]):
    def row_moved(self, table: RowTable, row: int, end: bool) -> None:
        assert isinstance(self.app, Shown)
        self.app.moves.append((row, end))


class Shown(App[None]):
    CSS = "RowTable { overflow-x: hidden; }"

    def __init__(self, rows: Numbers) -> None:
        super().__init__()
        self.table = RowTable(rows, empty="nothing here")
        self.moves: list[tuple[int, bool]] = []
        self.chosen: list[int] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def compose(self) -> ComposeResult:
        yield self.table

    def get_default_screen(self) -> Screen[None]:
        return Holder()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        self.chosen.append(event.row)


@asynccontextmanager
async def shown(count: int, size: tuple[int, int] = (60, 20)) -> AsyncIterator[tuple[Shown, Numbers, Pilot[None]]]:
    rows = Numbers(count)
    app = Shown(rows)
    async with app.run_test(size=size) as pilot:
        app.table.focus()
        await pilot.pause()
        yield app, rows, pilot


def lines(table: RowTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_only_visible_rows_are_made_of_ten_million() -> None:
    async with shown(MANY) as (app, rows, pilot):
        assert app.table.count == MANY
        assert rows.made <= app.table.page
        for key in ("end", "pageup", "pageup", "home", "pagedown"):
            await pilot.press(key)
        assert rows.made <= 8 * app.table.page
        await pilot.press("end")
        assert app.table.cursor == MANY - 1
        assert lines(app.table)[-1].split()[1] == str(3 * (MANY - 1) + 1)


async def test_header_stays_and_cursor_is_marked() -> None:
    async with shown(100) as (app, _, pilot):
        await pilot.press("j", "j")
        page = lines(app.table)
        assert page[0].split() == ["seq", "twice", "text"]
        assert [y for y, line in enumerate(page) if line.startswith(MARK)] == [HEADER + 2]
        await pilot.press("G")
        assert lines(app.table)[0].split() == ["seq", "twice", "text"]


async def test_a_cursor_move_repaints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown(MANY) as (app, rows, pilot):
        painted: list[Region] = []
        whole: list[bool] = []
        old = app.table.refresh

        def refresh(*regions: Region, **options: bool) -> RowTable:
            painted.extend(regions)
            whole.append(not regions)
            return old(*regions, **options)

        monkeypatch.setattr(app.table, "refresh", refresh)
        made = rows.made
        await pilot.press("j")
        assert [region.y for region in painted] == [HEADER, HEADER + 1]
        assert {region.height for region in painted} == {1}
        assert not any(whole)
        assert rows.made - made <= 2
        await pilot.press("k")
        assert rows.made - made <= 3, "lines that were painted before are kept"


async def test_guest_text_is_neither_markup_nor_control() -> None:
    async with shown(3) as (app, _, _pilot):
        assert r"[b]\x1b[2J[/b]" in lines(app.table)[HEADER]


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j"], 51), (["down"], 51), (["k"], 49), (["up"], 49), (["g"], 0), (["home"], 0), (["G"], 999), (["end"], 999),
        (["pagedown"], 50 + 18), (["ctrl+f"], 50 + 18), (["pageup"], 50 - 18), (["ctrl+b"], 50 - 18),
        (["ctrl+d"], 50 + 9), (["ctrl+u"], 50 - 9), (["g", "k"], 0), (["G", "j"], 999),
    ],
)  # fmt: skip
async def test_keys_move_the_cursor(keys: list[str], row: int) -> None:
    async with shown(1000) as (app, _, pilot):
        app.table.point(50)
        await pilot.press(*keys)
        assert app.table.cursor == row
        assert app.moves[-1][0] == row
        assert HEADER <= row - app.table.scroll_offset.y + HEADER < app.table.size.height


async def test_end_says_that_it_is_the_end() -> None:
    async with shown(10) as (app, _, pilot):
        await pilot.press("j", "G")
        assert app.moves == [(1, False), (9, True)]
        await pilot.press("j")
        assert app.moves[-1] == (9, True)


async def test_enter_and_mouse() -> None:
    async with shown(1000) as (app, _, pilot):
        await pilot.press("j", "enter")
        assert app.chosen == [1]
        await pilot.click(app.table, offset=(5, HEADER + 4))
        assert app.table.cursor == 4
        await pilot.click(app.table, offset=(5, HEADER + 6), times=2)
        assert app.chosen[-1] == 6
        await pilot.click(app.table, offset=(5, 0))
        assert app.table.cursor == 6, "the header is no row"


async def test_the_cursor_stays_when_rows_are_added_or_filtered() -> None:
    async with shown(1000) as (app, rows, _pilot):
        app.table.point(400)
        rows.count = 5000
        app.table.show(rows)
        assert (app.table.cursor, app.table.seq, app.table.count) == (400, 1201, 5000)
        app.table.show(Numbers(600, step=12))
        assert app.table.seq == 1201, "the same event, at another row"
        assert app.table.cursor == 100
        app.table.show(Numbers(50))
        assert app.table.cursor == 49
        app.table.show(Numbers(0))
        assert app.table.cursor == -1
        assert app.table.seq is None


async def test_an_empty_table_says_so() -> None:
    async with shown(0) as (app, _, pilot):
        await pilot.press("j", "G", "enter", "pagedown")
        assert lines(app.table)[HEADER].strip() == "nothing here"
        assert app.moves == app.chosen == []


async def test_a_far_jump_shows_neighbours() -> None:
    async with shown(1000) as (app, _, _pilot):
        app.table.point(500)
        assert app.table.scroll_offset.y < 500 < app.table.scroll_offset.y + app.table.page - 1


async def test_columns_follow_the_width() -> None:
    async with shown(10, size=(60, 20)) as (app, _, pilot):
        await pilot.resize_terminal(20, 20)
        await pilot.pause()
        assert lines(app.table)[0].split() == ["seq"]
        await pilot.resize_terminal(100, 20)
        await pilot.pause()
        assert lines(app.table)[0].split() == ["seq", "twice", "text"]
