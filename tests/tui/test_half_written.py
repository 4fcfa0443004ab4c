"""The screen on a session whose writer goes on between any two columns that the screen reads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.screen import Driven
from tests.views.halting import Halting, halting
from vdmabuf_inspect.session.load import Inspection, Progress
from vdmabuf_inspect.tui import hops, status
from vdmabuf_inspect.tui.app import InspectApp
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.widgets.ladder import LadderTable
from vdmabuf_inspect.tui.widgets.lanes import Lanes, LaneTable
from vdmabuf_inspect.tui.widgets.message_table import MessageTable
from vdmabuf_inspect.tui.widgets.panes import BufferTable, ControlTable, FindingTable, Rings
from vdmabuf_inspect.tui.widgets.row_canvas import RowCanvas
from vdmabuf_inspect.views.ladder import LadderView

CAPTURES = Path(__file__).parents[2] / "captures"


class Stepped(Inspection):
    """Somebody else fills its session."""

    def __init__(self, path: Path, writer: Halting) -> None:
        super().__init__(str(path))
        self.session = writer.session

    def start(self, progress: Progress | None = None) -> None:
        """It goes on when it is read."""

    def stop(self, timeout_s: float = 5.0) -> None:
        """It ends by itself."""


def _tables(board: Board) -> Iterator[Callable[[], None]]:
    """Paints of the newest rows of each table, without a screen."""
    for table, rows in (
        (MessageTable(board), board.messages),
        (LadderTable(board), lambda: LadderView(board.session, board.cursor.end)),
        (LaneTable(board), lambda: Lanes(board.session, board.cursor.seq)),
        (BufferTable(board), board.buffers),
        (FindingTable(board), board.findings),
        (ControlTable(board), board.control),
    ):
        yield lambda table=table, rows=rows: _paint(table, rows)  # type: ignore[misc]


def _paint(table: RowCanvas, rows: Callable[[], RowCanvas]) -> None:
    shown = table.rows = rows()  # type: ignore[assignment]
    count = len(shown)
    for i in range(max(0, count - 3), count):
        row = shown.row(i)
        table._fit = [(column, 20) for column in table.offered()]
        for column, _ in table._fit:
            table.cell(i, column, row)
            table.ink(column, row)
        table.flag(i)
    shown.place(len(shown))


def _hops(board: Board) -> None:
    session, seq, end = board.session, board.cursor.seq, board.cursor.end
    for step in (-1, 1):
        hops.finding(session, seq, step, end)
        hops.message(session, seq, step, end)
        hops.same_buffer(session, board.chosen_buffer(), seq, step, end)


def _state(board: Board) -> None:
    rings = Rings(board.session, board.cursor.seq)
    _ = [rings.row(i) for i in range(len(rings))], status.pieces(board), board.event
    board.poll()


@pytest.mark.parametrize("steps", [1, 15])
@pytest.mark.parametrize("name", ["faults", "wrap"])
def test_every_cell(name: str, steps: int) -> None:
    path = CAPTURES / f"{name}.pcapng"
    for begun in range(40, 600, 90):
        with halting(path, 8) as writer:
            board = Board(Stepped(path, writer))
            for _ in range(begun):
                writer.step()
            if begun % 180 > 90:
                board.set_filter("cmd == EXPORT || finding")
            board.poll()
            writer.advance_when_read(3, steps)
            for paint in [*_tables(board), lambda: _hops(board), lambda: _state(board)]:  # noqa: B023
                board.poll()
                paint()


def test_what_was_drawn_half_way_is_drawn_again() -> None:
    path, whole = CAPTURES / "faults.pcapng", 0
    with halting(path, 8) as writer:
        board = Board(Stepped(path, writer))
        while writer.step():
            drawn = board.poll()
            assert drawn or writer.session.whole == whole
            whole = writer.session.whole
    assert writer.session.whole == writer.session.seq > 100


@pytest.mark.parametrize(("name", "stage", "every"), [("faults", "1", 3), ("guest-blk-packed", "4", 7)])
async def test_the_whole_screen(name: str, stage: str, every: int) -> None:
    path = CAPTURES / f"{name}.pcapng"
    with halting(path, 2) as writer:
        app = InspectApp(Stepped(path, writer))
        async with app.run_test(size=(140, 45), notifications=True) as pilot:
            writer.advance_when_read(every, 1)
            it = Driven(app, pilot)
            await it.tap(stage)
            await it.until(lambda: it.board.pulse.finished)
            await it.settled()
            assert writer.over and f"{writer.session.seq:,}" in it.text
