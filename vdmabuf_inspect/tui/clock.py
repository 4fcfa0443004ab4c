"""How the time column reads: since the first event, since the row before, or as the wall clock."""

from datetime import UTC, datetime
from enum import StrEnum

from vdmabuf_inspect.views.names import span


class TimeFormat(StrEnum):
    """The formats, in the order in which the key cycles through them."""

    SINCE_START = "since the first event"
    DELTA = "since the row before"
    CLOCK = "wall clock, UTC"

    @property
    def next(self) -> "TimeFormat":
        """The next format."""
        every = list(TimeFormat)
        return every[(every.index(self) + 1) % len(every)]

    def text(self, time_ns: int, first_ns: int, before_ns: int) -> str:
        """A time in nanoseconds since 1970, in words; before_ns: the time of the row before."""
        if self is TimeFormat.SINCE_START:
            return f"{(time_ns - first_ns) / 1e9:.6f}"
        if self is TimeFormat.DELTA:
            return f"+{span(time_ns - before_ns)}"
        seconds, rest = divmod(time_ns, 1_000_000_000)
        return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1000:06d}"
