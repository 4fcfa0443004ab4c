"""The workbench: the panes at one moment, polled 15 times a second, moved by keys."""

import time
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.binding import BindingType

from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.screens.arranging import Arranging
from vdmabuf_inspect.tui.screens.taking import Taking
from vdmabuf_inspect.tui.widgets.bars import KeyBar, StatusBar
from vdmabuf_inspect.tui.widgets.bench import Bench
from vdmabuf_inspect.tui.widgets.hex_view import HexView
from vdmabuf_inspect.tui.widgets.lanes import LaneTable
from vdmabuf_inspect.tui.widgets.panes import BufferTable, FieldTable, QueueTable
from vdmabuf_inspect.tui.widgets.prompt import Prompt
from vdmabuf_inspect.tui.widgets.ring_view import RingView
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.tui.widgets.tabs import Tabs
from vdmabuf_inspect.tui.widgets.timeline import Timeline
from vdmabuf_inspect.views.control import control_number

POLLS_A_SECOND = 15
_SOON_S = 0.01
_SHARE, _BESIDE = 3, 8
"""Drawing what nobody asked for rests this many times as long as it took: keys and the recording go before it.

The second is for what goes on at the end while somebody looks elsewhere.
"""
_AT_ONCE_S = 0.025
"""State panes that take less are drawn with the lists: painting once is less than painting twice."""
_LONGEST_REST_S = 0.5
"""But what is new is never waited for longer, however busy keys and the player keep the screen."""


@runtime_checkable
class Host(Protocol):
    """The application around the screen."""

    def plugin_files(self) -> list[Path]:
        """The source files of loaded plugins."""

    def next_theme(self) -> str:
        """Take the next colours; their name."""


class Workbench(Arranging, Taking):
    """The main screen."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS
    ALLOW_IN_MAXIMIZED_VIEW = ".-textual-system,StatusBar,KeyBar,Prompt"
    ESCAPE_TO_MINIMIZE = False  # the prompt closes first
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [  # type: ignore[misc]
        (0, "-narrow"),
        (100, "-normal"),
        (180, "-wide"),
    ]

    def compose(self) -> ComposeResult:
        """Status, panes, prompt, keys."""
        yield StatusBar(self.board)
        yield Timeline(self.board)
        yield Bench(self.board)
        yield Prompt()
        yield KeyBar()

    def on_mount(self) -> None:
        """Start looking."""
        self.owed = False
        self._rested = self._took = 0.0
        self._drawn = 0.0, 0.0
        self.recall()
        self.bench.stage.focus()
        self._hurry()
        self.set_interval(1 / POLLS_A_SECOND, self.poll)

    def _hurry(self) -> None:
        """Until there is something to show, look more often: the first screen is waited for."""
        self.poll()
        if not self.board.pulse.messages and not self.board.pulse.finished:
            self.set_timer(_SOON_S, self._hurry)

    def poll(self) -> None:
        """Show what is new, if anything is; not so often that drawing takes more than its share of the time."""
        wall, work = time.monotonic(), time.thread_time()
        share = _SHARE if self.board.cursor.following else _BESIDE
        resting = wall - self._drawn[0] < min(_LONGEST_REST_S, share * (work - self._drawn[1]))
        if resting and self.board.pulse.events:  # what is first to be seen waits for nothing
            return
        if self.board.poll():
            self._drawn = wall, work
            self.tell_problem()
            self.changed()

    def changed(self) -> None:
        """There is more to show, or it is to be shown otherwise."""
        self.bench.tell_new()
        self.moved()

    def moved(self) -> None:
        """The lists and the detail follow the cursor at once, the state panes as soon as there is time."""
        self.bench.tell_event()
        self.query_one(StatusBar).refresh()
        self.query_one(Timeline).refresh()
        self.owed = True
        if self._took < _AT_ONCE_S:
            self._settle()
        else:
            self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """Draw the state panes, a little later if that was done a moment ago."""
        start = time.monotonic()
        if not self.owed:
            return
        if start < self._rested:
            self.set_timer(self._rested - start, self._settle)
            return
        self.owed = False
        self.bench.tell_state()
        end = time.monotonic()
        self._took = end - start
        self._rested = end + self._took

    # what the panes say

    def row_moved(self, table: RowTable, row: int, end: bool) -> None:
        """The cursor of a table moved: the fields light bytes, a buffer is chosen, other tables are at an event."""
        if isinstance(table, FieldTable):
            self.bench.detail.light()
        elif isinstance(table, QueueTable):
            self.bench.tell_queue()
        elif isinstance(table, BufferTable):
            self.board.buffer = table.rows.index(row)
        elif isinstance(table, LaneTable):
            self.board.buffer = table.rows.index(row)
            self.bench.point_buffer(self.board.buffer)
        elif table.id in ("messages", "ladder", "findings", "control"):
            self._jump(table, end)

    def _jump(self, table: RowTable, end: bool) -> None:
        if end and table.id in ("messages", "ladder"):
            self.action_follow()
            return
        seq = table.seq
        if seq is not None:
            self.board.cursor.go(seq)
            if seq < self.board.cursor.end or not end:
                self.board.cursor.stay()
            self.moved()

    def on_row_table_looked_back(self, event: RowTable.LookedBack) -> None:
        """The messages do not run away from somebody who scrolls back."""
        cursor, seq = self.board.cursor, event.table.seq
        if event.table is self.bench.stage and cursor.following and seq is not None:
            cursor.go(seq)
            cursor.stay()
            self.query_one(StatusBar).refresh()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """A message opens its fields, a field its bytes; a buffer or a queue is gone to."""
        if event.table.id in ("ladder", "control") and event.table.seq:
            self.look_at(event.table.seq)  # at the end the last message would be shown
        if event.table.id in ("messages", "ladder", "control"):
            self.focus_pane("fields")
        elif event.table.id == "fields":
            self.focus_pane("hex")
        elif event.table.id == "findings":
            self.focus_pane(self._list_of(event.table.seq))
        else:
            self.travel(event.table.seq, "")

    def _list_of(self, seq: int | None) -> str:
        """The list that an event is in."""
        control = seq is not None and control_number(self.board.session, seq - 1) >= 0
        return "control" if control else str(self.bench.stage.id)

    def on_ring_view_chosen(self, event: RingView.Chosen) -> None:
        """A slot was opened."""
        self.travel(event.seq, "")

    def on_ring_view_turned(self, event: RingView.Turned) -> None:
        """Another queue's ring is wanted."""
        self.bench.step_queue(event.step)

    def on_hex_view_moved(self, event: HexView.Moved) -> None:
        """The byte under the cursor chooses its field."""
        self.bench.detail.choose_byte(event.offset)

    def on_tabs_picked(self, event: Tabs.Picked) -> None:
        """A name was clicked on."""
        self.focus_pane(event.name)

    def on_prompt_closed(self) -> None:
        """Back to where the keys work."""
        (self.maximized or self.bench.stage).focus()

    # keys

    def focus_pane(self, name: str) -> None:
        """Show a pane, if it is hidden, and focus it."""
        self.show_pane(name)
        self.bench.show(name)
        self.query_one(f"#{name}").focus()

    def action_stage(self, name: str) -> None:
        """The list, the ladder, the lanes or a ring in the middle."""
        if self.maximized is not None:
            self.minimize()
        self.bench.choose_stage(name).focus()
        self.keep()

    def action_time(self) -> None:
        """Write times in the next format."""
        super().action_time()
        self.keep()

    def action_pane(self, step: int) -> None:
        """The next or previous pane."""
        names = [pane.id for pane in self.bench.panes if not self.is_hidden(pane.id)]
        here = self.focused.id if self.focused is not None else None
        at = names.index(here) if here in names else -step
        if self.maximized is not None:
            self.minimize()
        self.focus_pane(str(names[(at + step) % len(names)]))

    def action_back(self) -> None:
        """What takes its time ends; a maximised pane gets its size back; then the messages get the focus."""
        if self.end_errand() or self.board.stop_filter():
            self.changed()
        elif self.maximized is not None:
            self.minimize()
        else:
            self.bench.stage.focus()

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or back."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

    def action_control(self) -> None:
        """Show the vhost-user messages in the place of the buffers, or the buffers again."""
        if not len(self.board.session.control):
            self.notify("no vhost-user messages in this recording", timeout=2)
            return
        self.focus_pane("buffers" if self.bench.has_class("-control") else "control")

    def chosen_field(self) -> Field | None:
        """The field under the cursor of the fields, where they have the focus."""
        return self.bench.chosen_field if self.focused in (self.bench.fields, self.bench.hex) else None

    def plugin_files(self) -> list[Path]:
        """The source files of loaded plugins."""
        assert isinstance(self.app, Host)
        return self.app.plugin_files()

    def action_buffer_page(self) -> None:
        """The page of the chosen buffer."""
        from vdmabuf_inspect.tui.screens.buffer import BufferScreen

        number = self.board.buffer if self.focused is self.bench.buffers else self.board.chosen_buffer()
        if number < 0:
            self.notify("no buffer is chosen", timeout=2)
            return
        self.app.push_screen(BufferScreen(self.board, number))

    def action_memory(self) -> None:
        """Show guest memory at the address under the cursor of the fields."""
        from vdmabuf_inspect.tui.screens.memory import MemoryScreen

        address, inspection = self.bench.detail.address, self.board.inspection
        if address is None:
            self.notify("no address here: choose a descriptor or an address among the fields", timeout=3)
        elif inspection.memory is None:
            self.notify("no guest memory at hand: a capture holds what messages carried, not memory", timeout=3)
        else:
            self.app.push_screen(MemoryScreen(lambda: inspection.memory, address))

    def action_help(self) -> None:
        """The keys."""
        from vdmabuf_inspect.tui.screens.help import Help

        self.app.push_screen(Help())

    def action_quit(self) -> None:
        """Leave; where something would go with it, only when it is asked again."""
        losses = self.losses()
        if losses:
            be = "are" if "marks" in losses else "is"
            told = f"{' and '.join(losses)} {be} in no file yet: W saves, q again leaves without"
            self.notify(told, severity="warning", timeout=6)
        else:
            self.app.exit(0)

    def action_theme(self) -> None:
        """Take the next colours."""
        assert isinstance(self.app, Host)
        self.notify(f"colours: {self.app.next_theme()}", timeout=2)
