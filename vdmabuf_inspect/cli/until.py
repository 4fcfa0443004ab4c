"""`record --until EXPR`: judge while recording, stop after the tail when EXPR holds, cut off what came too early."""

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.loading import open_inspection
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import number
from vdmabuf_inspect.cli.quantity import Extent, Unit, extent
from vdmabuf_inspect.cli.recording import Limited, Tally
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.filter.trigger import Hit

AFTER = "1s"
"""What is recorded after the trigger, unless said."""


class Wait:
    """A live source that is recorded until something happens, and `after` of what follows."""

    def __init__(self, args: Namespace) -> None:
        """Open the source. Raises InspectError."""
        from vdmabuf_inspect.views.filter.trigger import Trigger

        self.expression: str = args.until
        self.hit: Hit | None = None
        self._trigger = Trigger(self.expression)
        self._before = _extent("--before", args.before)
        self._after = _extent("--after", args.after) or extent(AFTER)
        self._target = None if args.output == "-" else Path(args.output)
        self._found_at = 0.0
        self.inspection = _live(args, self._target)
        self.session: Session = self.inspection.session
        self.producer = Limited(self.inspection.source, number("--count", args.count) or 0)  # type: ignore[arg-type]
        self.inspection.source = self.producer
        self.inspection.judged = self._look
        self._most = number("--size", args.size) or 0
        self.tally: Tally | None = None
        self.inspection.recorder = self._record

    @property
    def exit(self) -> Exit:
        """Whether it happened."""
        return Exit.NEVER_CAME if self.hit is None else Exit.CLEAN

    def write(self) -> None:
        """Put what is wanted of the recording in its place. Raises InspectError."""
        if self._target is not None and (self.hit is None or self._before is None):
            return
        from vdmabuf_inspect.capture.extraction import write_capture
        from vdmabuf_inspect.views.excerpt import excerpt

        queues = {(queue.device, queue.index): queue.name for queue in self.session.queues.queues}
        notes = dict(self.session.notes)
        if self.hit is not None:
            note = f"recorded until: {self.expression}"
            notes[self.hit.row] = "\n".join(filter(None, (notes.get(self.hit.row), note)))
        target = sys.stdout.fileno() if self._target is None else self._target
        write_capture(target, queues, excerpt(self.session, self._first(), notes))

    def _record(self, path: Path) -> Tally:
        from vdmabuf_inspect.capture.writer import CaptureWriter

        self.tally = Tally(CaptureWriter(path), self.producer, self._most)
        return self.tally

    def _look(self) -> None:
        """Has it happened, and was enough recorded since?"""
        if self.hit is None:
            self.hit = self._trigger.poll(self.session)
            if self.hit is None:
                return
            self._found_at = time.monotonic()
            say(f"{self.expression}: event {self.hit.row + 1:,} ({self.hit.table})")
        if self._enough(self.hit.row):
            self.producer.stop()

    def _enough(self, row: int) -> bool:
        after, events = self._after, self.session.events
        return {
            Unit.EVENTS: lambda: len(events) - 1 - row >= after.value,
            Unit.BYTES: lambda: int(events.offset[-1]) - int(events.offset[row]) >= after.value,
            Unit.NANOSECONDS: lambda: time.monotonic() - self._found_at >= after.value / 1e9,
        }[after.unit]()

    def _first(self) -> int:
        """The first event row to keep."""
        from vdmabuf_inspect.views.excerpt import back_by_bytes, back_by_time, look_begin

        if self.hit is None or self._before is None:
            return 0
        row, value = self.hit.row, self._before.value
        back: dict[Unit, Callable[[], int]] = {
            Unit.EVENTS: lambda: max(0, row - value),
            Unit.BYTES: lambda: back_by_bytes(self.session, row, value),
            Unit.NANOSECONDS: lambda: back_by_time(self.session, row, value),
        }
        return look_begin(self.session, back[self._before.unit]())


def _live(args: Namespace, keep: Path | None) -> "Inspection":
    inspection = open_inspection(args, args.source, keep)
    if inspection.mode is not inspection.mode.LIVE:
        raise UsageError(
            f"--until waits for something to happen; in {args.source} it has: 'messages --filter' finds it"
        )
    return inspection


def _extent(option: str, text: str | None) -> Extent | None:
    try:
        return None if text is None else extent(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None
