"""What the screen shows of an inspection: the time cursor, the filter, the chosen buffer. It knows no widgets."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from time import monotonic
from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.stalls import stalls
from vdmabuf_inspect.tui import hops
from vdmabuf_inspect.tui.clock import TimeFormat
from vdmabuf_inspect.tui.cursor import TimeCursor
from vdmabuf_inspect.tui.errand import Errand
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.selection import Selection
from vdmabuf_inspect.tui.silence import Silenced
from vdmabuf_inspect.views.base import Column
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.waiting import stall_line

_WAITS_A_SECOND = 4
_TIME = len("22:13:20.000000")


class Pulse(NamedTuple):
    """The integers that tell whether anything is new."""

    events: int
    messages: int
    findings: int
    queues: int
    finished: bool
    progress: float
    status: str
    waits: tuple[str, ...] = ()
    """Queues that make no progress as of the cursor, each in words."""
    whole: int = 0
    """Events of which all is known: what was drawn before it was is drawn again."""


class Messages(MessagesView):
    """The messages, with room for the wall clock."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """The columns; the time is wide enough for every format."""
        return tuple(replace(c, width=_TIME) if c.name == "time_ns" else c for c in super().columns)


@dataclass
class Board:
    """One inspection as it is looked at."""

    inspection: Inspection
    filter_on: bool = True
    selection: Selection | None = None
    clock: TimeFormat = TimeFormat.SINCE_START
    buffer: int = -1
    live_only: bool = False
    """Whether buffers that are released are left out."""
    remembered: Remembered = field(default_factory=Remembered)

    def __post_init__(self) -> None:
        self.cursor = TimeCursor()
        self.pulse = Pulse(0, 0, 0, 0, False, 0.0, "")
        self._shown = self.session
        self.generation = 0
        """How often everything was decoded anew, or came to be heard of otherwise."""
        self.silenced = Silenced()
        self.errand: Errand | None = None
        """What runs beside the screen."""
        self.unsaved = False
        """Marks were set that are in no file yet, and will not be."""
        self.playing = ""
        """How fast the recording is played, empty while it is not."""
        self.points: dict[str, int] = {}
        """The moments A and B, by their letters, as sequence numbers."""
        self._waits_key: tuple[int, int, int] | None = None
        self._waits_told: tuple[str, ...] = ()

    @property
    def session(self) -> Session:
        """The session."""
        return self.inspection.session

    def poll(self) -> bool:
        """Look at the session again; whether anything is new."""
        session = self.session
        if session is not self._shown:
            self._renewed(session)
        before, whole = self.pulse, session.whole
        self.pulse = Pulse(
            len(session.events), len(session.messages), len(session.findings), len(session.queues.queues),
            session.finished, round(session.progress, 2), self.inspection.status(), self._waits(),
            whole,
        )  # fmt: skip
        self.cursor.grown(self.pulse.events)
        if self.pulse.finished and not before.finished and self.selection is not None:
            self.selection.restart()
        searched = self.selection is not None and self.filter_on and self.selection.advance(session)
        return searched or self.pulse != before

    def _waits(self) -> tuple[str, ...]:
        """Looked up when the cursor has moved, and a few times a second while it rests."""
        key = (self.generation, self.cursor.seq, int(monotonic() * _WAITS_A_SECOND))
        if key != self._waits_key:
            self._waits_key = key
            found = stalls(self.session, self.cursor.seq)
            self._waits_told = tuple(stall_line(self.session, each) for each in found)
        return self._waits_told

    def _renewed(self, session: Session) -> None:
        """Everything was decoded anew: the events are the same, all that was found in them is not."""
        session.remarks = self._shown.remarks
        self.silenced.apply(session)
        self._shown = session
        self.generation += 1
        self.pulse = self.pulse._replace(messages=-1)
        if self.buffer >= len(session.objects):
            self.buffer = -1
        if self.selection is not None:
            self.selection.restart()

    @property
    def chosen(self) -> Array | None:
        """Indices of the messages that are shown, None for all."""
        return self.selection.hits if self.selection is not None and self.filter_on else None

    def set_filter(self, text: str) -> None:
        """Show only the messages that match; all for an empty text. Raises FilterError."""
        self.selection = Selection(text) if text.strip() else None
        self.filter_on = True
        if self.selection is not None:
            self.selection.advance(self.session)

    def stop_filter(self) -> bool:
        """Look no further with a filter that is still at work on what was read; whether there was one."""
        selection = self.selection
        busy = selection is not None and self.filter_on and not selection.stopped
        if selection is None or not busy or selection.done >= len(self.session.messages):
            return False
        selection.stopped = True
        return True

    @property
    def filtering(self) -> str:
        """How far a filter is that is still at work, in words; empty for one that is not."""
        selection, total = self.selection, len(self.session.messages)
        if selection is None or not self.filter_on or selection.done >= total:
            return ""
        done = f"{selection.done / total:.0%}"
        return f" · stopped at {done}, / Enter begins again" if selection.stopped else f" · {done}, esc stops"

    def mark(self, seq: int, note: str) -> None:
        """Mark an event with a note; an empty one takes the mark away."""
        self.session.remarks[seq - 1] = note.strip()
        self.unsaved = self.inspection.kept is None
        self.generation += 1

    def marked(self, seq: int) -> bool:
        """Whether an event is marked."""
        session = self.session
        return bool(session.remarks.get(seq - 1, session.notes.get(seq - 1, "")))

    def marks(self) -> dict[int, str]:
        """Notes by sequence number, in event order: the capture's own and the user's."""
        return {row + 1: text for row, text in sorted(self.session.remarked().items())}

    def silence(self, name: str, heard: bool = False) -> None:
        """Hear no more of a rule or a buffer, or (`heard`) again; of everything for an empty name."""
        if not name:
            self.silenced.clear(self.session)
        elif heard:
            self.silenced.drop(self.session, name)
        else:
            self.silenced.add(self.session, name)
        self.generation += 1

    def messages(self) -> MessagesView:
        """The messages to show: none that came after the end was looked at, where the cursor may be."""
        return Messages(self.session, self.cursor.end, self.chosen)

    def control(self) -> ControlView:
        """The vhost-user messages to show, those after the cursor too."""
        return ControlView(self.session, self.cursor.held)

    def findings(self) -> FindingsView:
        """The findings to show, those after the cursor too: one can go there."""
        return FindingsView(self.session, self.cursor.held)

    @property
    def event(self) -> int:
        """The event that is looked at, 0 for none: the cursor's own, or the last message in the list when following."""
        seq = self.cursor.seq
        return hops.message_at(self.session, seq, self.chosen) if self.cursor.following else seq

    def go(self, seq: int | None) -> bool:
        """Go to an event; whether there was one to go to."""
        if seq is None:
            return False
        self.cursor.go(seq)
        return True

    def buffers(self) -> BuffersView:
        """The buffers to show, as of the cursor; the chosen one in any case."""
        view = BuffersView(self.session, self.cursor.seq)
        if self.live_only:
            live = live_mask()[view.moment.states]
            if 0 <= self.chosen_buffer() < len(live):
                live[self.buffer] = True
            view.selection = np.flatnonzero(live)
        return view

    def chosen_buffer(self) -> int:
        """The buffer that the event is about; where it is about none, the one chosen before."""
        found = hops.buffer_of(self.session, self.event) if self.event else -1
        if found >= 0:
            self.buffer = found
        return self.buffer
