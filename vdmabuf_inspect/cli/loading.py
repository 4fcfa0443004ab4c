"""A source read to its end, with a progress bar; a live one until it is stopped."""

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.garbage import look_as_usual
from vdmabuf_inspect.cli.narration import LOG, Progress, complain, say
from vdmabuf_inspect.cli.options import duration_ns, settings, source_options

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.session.session import Session

Poll = Callable[[], bool | None]
"""Called again and again; true when nothing more is wanted."""

_LOOK_S = 0.05
_LISTING_RULES = ("sarif", "junit", "html")
"""Formats that list every rule before the first source is read."""


def open_inspection(args: Namespace, spec: str, keep: Path | None = None, apart: bool = False) -> "Inspection":
    """The source, opened but not read; `apart` for a screen, beside which a live one runs. Raises InspectError."""
    from vdmabuf_inspect.session.load import Inspection

    open_plugins(args)
    inspection = Inspection(spec, source_options(args), settings(args), keep, apart)
    LOG.info("%s: opened, %s", spec, inspection.mode.value)
    look_as_usual()
    return inspection


def open_plugins(args: Namespace) -> None:
    """Load the plugins that are wanted before any source is opened. Raises UsageError for a wrong --plugin."""
    open_door(args, wide=_names_what_plugins_bring(args))


def _names_what_plugins_bring(args: Namespace) -> bool:
    """Whether a command or a rule of a plugin may be named that would only be loaded when its device comes."""
    listed = getattr(args, "format", None) in _LISTING_RULES
    return listed or any(getattr(args, name, None) for name in ("filter", "select", "ignore", "until"))


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


def load(args: Namespace, spec: str, glance: bool = False) -> Loaded:
    """The source, read whole; one that grows until its end, `--duration` or Ctrl-C. Raises InspectError.

    `glance`: without `--duration`, a guest that runs already is looked at just long enough to show its state.
    """
    inspection = open_inspection(args, spec)
    return finish(args, inspection, limit_ns=inspection.glance_ns if glance else None)


def finish(args: Namespace, inspection: "Inspection", poll: Poll | None = None, limit_ns: int | None = None) -> Loaded:
    """Read what was opened; `poll` is called while more may come. Raises InspectError.

    `limit_ns`: how long to read one that grows when `--duration` does not say, in nanoseconds.
    """
    spec, begun = inspection.spec, perf_counter()
    duration = duration_ns(args)
    interrupted = _read(inspection, limit_ns if duration is None else duration, poll)
    tell(inspection.session, perf_counter() - begun)
    path = spec if inspection.mode is inspection.mode.CAPTURE and spec != "-" else None
    return Loaded(inspection.session, path, inspection.memory, interrupted)


def watch(inspection: "Inspection", duration: int | None, poll: Poll | None = None) -> None:
    """Follow a source until it ends, `duration` nanoseconds have gone or Ctrl-C, which ends it in good order.

    `poll` is called again and again until it has enough, the last time when everything seen is in the session.
    Raises KeyboardInterrupt after that, and InspectError.
    """
    end = float("inf") if duration is None else time.monotonic() + duration / 1e9
    told = ""
    inspection.start()
    try:
        while inspection.running and time.monotonic() < end:
            told = _tell_status(inspection, told)
            time.sleep(_LOOK_S)
            if poll is not None and poll():
                break
    finally:
        ended = not inspection.running
        inspection.stop()
        if poll is not None:
            poll()
    if inspection.error is not None:
        raise inspection.error
    if ended and inspection.mode is inspection.mode.LIVE:
        _tell_status(inspection, "")


def _tell_status(inspection: "Inspection", told: str) -> str:
    """Say the first status, but not of standard input; log further ones. The latest."""
    status = inspection.status()
    if not told and inspection.spec != "-":
        say(status)
    elif status != told:
        LOG.info("%s", status)
    return status


def _read(inspection: "Inspection", duration: int | None, poll: Poll | None) -> bool:
    """Read it; whether Ctrl-C ended it."""
    if inspection.growing:
        try:
            watch(inspection, duration, poll)
        except KeyboardInterrupt:
            return True
        return False
    progress = Progress(f"reading {inspection.spec}")
    _follow_search(inspection, progress)
    try:
        inspection.run(progress)
    finally:
        progress.close()
    if remark := getattr(inspection.source, "remark", ""):
        say(remark)
    return False


def _follow_search(inspection: "Inspection", progress: Progress) -> None:
    """Draw how far the search for a snapshot's rings has come, should there be one."""
    from vdmabuf_inspect.sources.snapshot import Snapshot

    if isinstance(inspection.source, Snapshot):
        inspection.source.progress = progress


def tell(session: "Session", seconds: float) -> None:
    """Log what was read."""
    LOG.info("%s: %d events, %d messages read in %.2f s", session.name, session.seq, len(session.messages), seconds)
    for number, device in session.vdmabuf.items():
        if device.dialect is not None:
            why = device.verdict.reasons if device.verdict and device.forced is None else ("forced",)
            LOG.info("%s: device %d speaks %s: %s", session.name, number, device.dialect.name, "; ".join(why))
    if session.problem:
        LOG.debug("%s", session.problem)


def remark(session: "Session") -> None:
    """Say on stderr what kept a source from being read to its end."""
    if session.problem:
        complain(session.problem)
