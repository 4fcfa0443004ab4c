"""The tool's own findings: what it missed, could not decide or could not read (VX901 to VX910)."""

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import Hits, On, Per, Standing, rule
from vdmabuf_inspect.track.events import Events

W, N = Severity.WARNING, Severity.NOTE
TOOL = Culprit.TOOL


@rule(
    "VX902", "events-missed", W, TOOL, "-",
    "{a} events of {queue} were overwritten before they were seen"
    "|events of {queue} were missed; nobody can say how many"
    "|the observation of {queue} began after its set-up: what happened before is unknown"
    "|{queue} lies where it cannot be watched: nothing of it is known",
)  # fmt: skip
def events_missed(events: Events) -> Hits:
    """What it does: tells every stretch of a queue that nobody saw, with its count where one can be known.

    Why it is bad: findings that rest on a full history are withheld or only possible from here on.
    Example: a ring of 8 entries that wraps between two looks, or an observer that attached to a running guest.
    """
    gap = events.of(EventKind.GAP)
    whole = (events.flags & (EventFlag.COMPLETE | EventFlag.PAUSED)) != 0
    late = events.of(EventKind.START) & ~whole
    blind = late & ((events.problems & int(Problem.RING_OUTSIDE_MEMORY)) != 0)
    variant = np.where(blind, 3, np.where(late, 2, np.where(events.count == 0, 1, 0)))
    return Hits(gap | late, events.count.astype(np.int64), variant)


@rule(
    "VX903", "read-torn", N, TOOL, "-",
    "bytes on {queue} were read after their memory could have been used again", per=Per.QUEUE,
)  # fmt: skip
def read_torn(events: Events) -> Hits:
    """What it does: counts entries whose bytes may be newer than the event they are shown with.

    Why it is bad: such bytes prove nothing; no rule judges them.
    Example: a driver that offers the same descriptor again within microseconds of its return.
    """
    torn = ((events.flags & EventFlag.STALE) != 0) & ((events.flags & EventFlag.PRESUMED) == 0)
    return Hits(np.flatnonzero(torn))


class ToolState:
    """What the session knows of its own trouble; `notes[a]` is the text of a hit with that `a`."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.ambiguous: list[Standing] = []
        self.truncated: list[Standing] = []
        self.failed: list[Standing] = []

    def note(self, text: str) -> int:
        """Keep a text for a hit; its number."""
        self.notes.append(text)
        return len(self.notes) - 1


@rule("VX901", "dialect-ambiguous", W, TOOL, "-", "{note}", on=On.SESSION)
def dialect_ambiguous(state: ToolState) -> list[Standing]:
    """What it does: tells that the wire dialect cannot be decided from what was seen, and between which it lies.

    Why it is bad: the same number is EXPORT in one dialect and NEED_VMID in another; force one with --dialect.
    Example: a capture that holds nothing but messages of a size that no dialect has.
    """
    return state.ambiguous


@rule("VX904", "capture-truncated", W, TOOL, "-", "{note}", on=On.SESSION)
def capture_truncated(state: ToolState) -> list[Standing]:
    """What it does: tells where a capture is cut or damaged, and how much of it was kept; and that it begins in the
    middle, where it holds events of a queue, but not its set-up.

    Why it is bad: what came after is not judged; of what came before nobody knows what it began.
    Example: a recording that was copied while it was still being written.
    """
    return state.truncated


@rule("VX910", "plugin-failed", W, TOOL, "-", "{note}", on=On.SESSION)
def plugin_failed(state: ToolState) -> list[Standing]:
    """What it does: tells that a rule or decoder raised, where, and with what.

    Why it is bad: its own judgement is missing; after ten failures it is switched off.
    Example: a private-data decoder that divides by a width of zero.
    """
    return state.failed
