"""Moving through time: every key here changes the one cursor, and the panes follow."""

from textual.screen import Screen

from vdmabuf_inspect.tui import hops
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.widgets.timeline import Timeline


class Travel(Screen[None]):
    """A screen with a time cursor. Subclasses say what follows from a move, and from a change of what is listed."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board

    def moved(self) -> None:
        """The cursor stands elsewhere."""
        raise NotImplementedError

    def changed(self) -> None:
        """What the lists show, or how, is another."""
        raise NotImplementedError

    def travel(self, seq: int | None, nothing: str) -> None:
        """Go to an event, or say that there is none."""
        if self.board.go(seq):
            self.moved()
        else:
            self.notify(nothing, timeout=4, markup=False)

    def look_at(self, seq: int) -> None:
        """Go to an event and stay there, at the end too."""
        self.board.cursor.go(seq)
        self.board.cursor.stay()
        self.moved()

    def on_timeline_picked(self, event: Timeline.Picked) -> None:
        """A place on the timeline was clicked on."""
        self.look_at(event.seq)

    def action_step(self, step: int) -> None:
        """Step by one event."""
        self.travel(self.board.cursor.seq + step, "")

    def tell_round(self, found: int | None, seq: int, step: int) -> None:
        """Say so when what was found lies on the other side of where it was looked for from."""
        if found is not None and (found <= seq if step > 0 else found >= seq):
            self.notify("from the start again" if step > 0 else "from the end again", timeout=2)

    def action_finding(self, step: int) -> None:
        """Jump to the next or previous event with a finding; after the last one, to the first."""
        session, cursor = self.board.session, self.board.cursor
        seq, far = cursor.seq, 0 if step > 0 else cursor.end + 1
        found = hops.finding(session, seq, step, cursor.end) or hops.finding(session, far, step, cursor.end)
        self.travel(found, "no finding")
        self.tell_round(found, seq, step)

    def action_message(self, step: int) -> None:
        """Step by one message."""
        found = hops.message(self.board.session, self.board.cursor.seq, step, self.board.cursor.end)
        self.travel(found, "the last message" if step > 0 else "the first message")

    def action_same_buffer(self, step: int) -> None:
        """Jump along the life of the chosen buffer."""
        cursor, board = self.board.cursor, self.board
        if board.buffer < 0:
            self.notify("no buffer is chosen: go to a message that is about one", timeout=2)
            return
        found = hops.same_buffer(board.session, board.buffer, cursor.seq, step, cursor.end)
        self.travel(found, "the buffer's last event" if step > 0 else "the buffer's first event")

    def action_follow(self) -> None:
        """Go to the end, as it is now, and stay there."""
        self.board.poll()
        self.board.cursor.follow()
        self.changed()

    def action_pause(self) -> None:
        """Hold the display, or let it go on; the recording goes on in any case."""
        self.board.cursor.pause()
        self.changed()

    def action_live(self) -> None:
        """Show all buffers, or only those that are live."""
        self.board.live_only = not self.board.live_only
        self.changed()

    def action_time(self) -> None:
        """Write times in the next format."""
        self.board.clock = self.board.clock.next
        self.changed()
        self.notify(f"times are {self.board.clock}", timeout=2)
