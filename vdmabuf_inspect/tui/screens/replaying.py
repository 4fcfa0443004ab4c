"""Two moments to compare, and playing from one to the next."""

from textual import events
from textual.timer import Timer

from vdmabuf_inspect.tui.player import Player
from vdmabuf_inspect.tui.screens.asking import Asking
from vdmabuf_inspect.tui.screens.difference import DifferenceScreen

_TICK_S = 1 / 15
_PLAY = "P"


class Replaying(Asking):
    """A screen with the points A and B, and a player."""

    _player: Player | None = None
    _ticking: Timer | None = None

    def action_point(self, name: str) -> None:
        """The cursor's moment is A, or B."""
        self.board.points[name] = self.board.cursor.seq
        other = "D shows what changed since" if name == "A" else "D shows what changed from A to it"
        self.notify(f"{name} is event {self.board.cursor.seq:,}: {other}", timeout=2)
        self.changed()

    def action_difference(self) -> None:
        """What changed between A (the beginning) and B (the cursor)."""
        a, b = self.board.points.get("A", 0), self.board.points.get("B", self.board.cursor.seq)
        self.app.push_screen(DifferenceScreen(self.board.session, a, b), self._go)

    def _go(self, seq: int | None) -> None:
        if seq:
            self.travel(seq, "")

    def action_play(self) -> None:
        """Play from the cursor on; again, at the next speed; after the last one, stop."""
        session, cursor = self.board.session, self.board.cursor
        if not session.seq:
            return
        if self._player is None:
            self._play(Player(session, 1 if cursor.seq >= cursor.end else cursor.seq))
        elif not self._player.faster(session):
            self.stop_playing()
            return
        if self._player is not None:
            self.notify(f"playing {self._player.name}: P changes the speed, any other key stops", timeout=2)

    def _play(self, player: Player) -> None:
        self._player = player
        self.board.cursor.go(player.seq)
        self.board.cursor.stay()
        self._ticking = self.set_interval(_TICK_S, self._tick)

    def _tick(self) -> None:
        if self._player is None:
            return
        cursor, before = self.board.cursor, self.board.cursor.seq
        seq = self._player.tick(self.board.session, cursor.end)
        if seq != before:
            self.travel(seq, "")
        if seq >= cursor.end:
            self.stop_playing()

    def on_key(self, event: events.Key) -> None:
        """Any key but its own stops the player."""
        if event.key != _PLAY:
            self.stop_playing()

    def on_mouse_down(self) -> None:
        """So does the mouse."""
        self.stop_playing()

    def stop_playing(self) -> None:
        """Stay where the player has come to."""
        if self._ticking is not None:
            self._ticking.stop()
        self._player = self._ticking = None
