"""Playing a recording: the cursor moves along the recorded times, faster or slower."""

from time import monotonic

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.session.session import Session

SPEEDS = (1.0, 4.0, 16.0, 0.25)
"""In the order of the key."""


class Player:
    """Where the cursor should stand now. `speed`: recorded seconds a second."""

    def __init__(self, session: Session, seq: int) -> None:
        self.speed = SPEEDS[0]
        self.seq = seq
        self._begin(session)

    @property
    def name(self) -> str:
        """`x4`, `/4`."""
        return f"x{self.speed:.0f}" if self.speed >= 1 else f"/{1 / self.speed:.0f}"

    def faster(self, session: Session) -> bool:
        """Go on at the next speed; False after the last one."""
        at = SPEEDS.index(self.speed) + 1
        if at >= len(SPEEDS):
            return False
        self.speed = SPEEDS[at]
        self._begin(session)
        return True

    def tick(self, session: Session, end: int, now: float | None = None) -> int:
        """The event to show at this time (monotonic seconds), the last one at or before the time that is played."""
        wall = monotonic() if now is None else now
        time_ns = self._time_ns + int((wall - self._wall) * self.speed * 1e9)
        self.seq = max(self.seq, min(end, place(session.events.time_ns[:end], time_ns + 1)))
        return self.seq

    def _begin(self, session: Session) -> None:
        self._wall = monotonic()
        self._time_ns = int(session.events.time_ns[max(0, self.seq - 1)])
