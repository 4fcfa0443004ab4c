"""The one time cursor: which moment every pane shows, whether it stays at the end, and where the end is."""

from dataclasses import dataclass


@dataclass
class TimeCursor:
    """`seq`: panes show the state after that many events. `following`: it stays at the end as the end moves.

    The display can be paused: `end` stays where it is while the recording goes on.
    """

    seq: int = 0
    following: bool = True
    newest: int = 0
    held: int | None = None

    @property
    def paused(self) -> bool:
        """Whether the display is paused."""
        return self.held is not None

    @property
    def end(self) -> int:
        """The last sequence number that is shown."""
        return self.newest if self.held is None else self.held

    @property
    def behind(self) -> int:
        """Events that came since the display was paused."""
        return self.newest - self.end

    def grown(self, newest: int) -> bool:
        """There are `newest` events now; whether anything shown changes."""
        if newest == self.newest:
            return False
        self.newest = newest
        if self.following:
            self.seq = self.end
        return not self.paused

    def go(self, seq: int) -> None:
        """Show the moment `seq`, the nearest there is; at the end, follow."""
        self.seq = max(min(1, self.end), min(seq, self.end))
        self.following = self.seq >= self.end

    def stay(self) -> None:
        """Do not move with the end."""
        self.following = False

    def follow(self) -> None:
        """Go to the end, a paused display goes on, and stay there."""
        self.held = None
        self.following = True
        self.seq = self.end

    def pause(self) -> None:
        """Hold the display where it is, or let it go on."""
        self.held = None if self.paused else self.newest
        if self.following:
            self.seq = self.end
