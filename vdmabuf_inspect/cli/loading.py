"""A source read to its end, with a progress bar; a live one until it is stopped."""

import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.narration import LOG, Progress, complain, say
from vdmabuf_inspect.cli.options import duration_ns, settings, source_options

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.session.session import Session

_LOOK_S = 0.05


def open_inspection(args: Namespace, spec: str, keep: Path | None = None) -> "Inspection":
    """The source, opened but not read. Raises InspectError."""
    from vdmabuf_inspect.session.load import Inspection

    inspection = Inspection(spec, source_options(args), settings(args), keep)
    LOG.info("%s: opened, %s", spec, inspection.mode.value)
    return inspection


@dataclass(frozen=True)
class Loaded:
    """A session that was read to its end, or to where Ctrl-C ended a live one; `path` when it is a capture file."""

    session: "Session"
    path: str | None = None
    memory: "Memory | None" = None
    """Guest memory, where it can be read."""
    interrupted: bool = False

    @property
    def exit(self) -> Exit:
        """What a command that only shows it answers."""
        return Exit.INTERRUPTED if self.interrupted else Exit.CLEAN


def load(args: Namespace, spec: str) -> Loaded:
    """The source, read whole; a live one until its end, `--duration` or Ctrl-C. Raises InspectError."""
    inspection = open_inspection(args, spec)
    begun = perf_counter()
    interrupted = _read(inspection, duration_ns(args))
    tell(inspection.session, perf_counter() - begun)
    path = spec if inspection.mode is inspection.mode.CAPTURE and spec != "-" else None
    return Loaded(inspection.session, path, getattr(inspection.source, "memory", None), interrupted)


def watch(inspection: "Inspection", duration: int | None) -> None:
    """Follow a live source until it ends, `duration` nanoseconds have gone or Ctrl-C, which ends it in good order.

    Raises KeyboardInterrupt again once everything seen is in the session.
    """
    say(inspection.status())
    with ended_after(inspection, duration):
        try:
            inspection.start()
            while inspection.running:
                time.sleep(_LOOK_S)
        finally:
            inspection.stop()
    if inspection.error is not None:
        raise inspection.error


@contextmanager
def ended_after(inspection: "Inspection", duration: int | None) -> Iterator[None]:
    """Stop the inspection after `duration` nanoseconds, None for never."""
    timer = threading.Timer((duration or 0) / 1e9, inspection.stop)
    timer.daemon = True
    if duration is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(inspection: "Inspection", duration: int | None) -> bool:
    """Read it; whether Ctrl-C ended it."""
    if inspection.mode is inspection.mode.LIVE:
        try:
            watch(inspection, duration)
        except KeyboardInterrupt:
            return True
        return False
    progress = Progress(f"reading {inspection.spec}")
    try:
        inspection.run(progress)
    finally:
        progress.close()
    return False


def tell(session: "Session", seconds: float) -> None:
    """Log what was read."""
    LOG.info("%s: %d events, %d messages read in %.2f s", session.name, session.seq, len(session.messages), seconds)
    for number, device in session.devices.items():
        if device.dialect is not None:
            why = device.verdict.reasons if device.verdict and device.forced is None else ("forced",)
            LOG.info("%s: device %d speaks %s: %s", session.name, number, device.dialect.name, "; ".join(why))
    if session.problem:
        LOG.debug("%s", session.problem)


def remark(session: "Session") -> None:
    """Say on stderr what kept a source from being read to its end."""
    if session.problem:
        complain(session.problem)
