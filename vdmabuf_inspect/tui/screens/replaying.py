"""Two moments to compare, and playing from one to the next."""

from textual import events
from textual.timer import Timer

from vdmabuf_inspect.tui.errand import Errand
from vdmabuf_inspect.tui.player import Player
from vdmabuf_inspect.tui.screens.asking import Asking

_TICK_S = 1 / 15
_PLAY = "P"
_AT_ONCE = 20_000
"""Events that are compared within a key press; more are compared beside the screen."""
_MOST_BUFFERS = 5_000
"""Buffers that are told one by one: nobody reads more."""


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
        from vdmabuf_inspect.tui.screens.difference import DifferenceScreen
        from vdmabuf_inspect.views.comparison import Pace
        from vdmabuf_inspect.views.difference import Change, difference

        session, points = self.board.session, self.board.points
        a, b = sorted((points.get("A", 0), points.get("B", self.board.cursor.seq)))

        def work(errand: Errand) -> list[Change]:
            return difference(session, a, b, Pace(_MOST_BUFFERS, errand.at))

        def show(changes: list[Change]) -> None:
            self.app.push_screen(DifferenceScreen(changes, a, b), self._go)

        if b <= _AT_ONCE:
            show(work(Errand("comparing")))
        else:
            self.begin("comparing A with B", work, show)

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
            self.board.playing = self._player.name
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
        if self.board.playing:
            self.board.playing = ""
            self.changed()
