"""One capture read into one session, as it grows."""

import time

import numpy as np

from vdmabuf_inspect.capture.batch import Batch
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.rules.registry import Standing
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.writer import Writer
from vdmabuf_inspect.track.events import events_of

_FIRST_BATCH, _BATCH = 2048, 131072
"""Records read at once: few at first, so that there is something to look at soon."""
_MOST = 3
"""So many queues are named where more are meant."""
_SETTLED = 5
"""Pauses in a row after which the last look is over: its records may reach the file in two pieces."""


class Reading:
    """Takes what a capture holds into a session, a batch at a time."""

    def __init__(self, capture: CaptureFile, session: Session) -> None:
        self.capture = capture
        self.session = session
        self.damaged = False
        """The capture cannot be read on."""
        self.pauses = 0
        """Pauses in a row in which nothing came."""
        self._writer = Writer(session)
        self._limit = _FIRST_BATCH
        self._named: set[int] = set()

    @property
    def begun(self) -> bool:
        """Whether anything came so far."""
        return bool(self.session.seq) or self._writer.pending

    @property
    def settled(self) -> bool:
        """Whether nothing has come for so long that the last look is over."""
        return self.pauses > _SETTLED

    def step(self) -> bool:
        """Take in the next batch; whether there was one."""
        batch = self.capture.read(self._limit)
        self._limit = min(4 * self._limit, _BATCH)
        self.damaged = batch is None
        if batch is None or not len(batch):
            return False
        self._name(batch)
        self.pauses = 0
        self._writer.consume(batch)
        self.session.progress = self.capture.progress
        return True

    def pause(self, live: bool) -> None:
        """Nothing came; of a `live` source the time goes on all the same."""
        self.pauses += 1
        if self.pauses == _SETTLED:
            self._writer.flush()
        if live:
            self._writer.tick(time.time_ns())

    def conclude(self, name: str) -> None:
        """Nothing more will come."""
        session, damage = self.session, self.capture.truncated_at
        self._writer.flush()
        session.notes = dict(self.capture.notes)
        if damage is not None:
            kept = "1 event was" if session.seq == 1 else f"{session.seq} events were"
            session.problem = f"{name}: {damage.reason} at byte {damage.offset}; {kept} kept"
            last = len(session.events) - 1
            session.tool.truncated.append(Standing(last, -1, a=session.tool.note(session.problem)))
        self._miss_set_ups(name)
        self._writer.finish()

    def _used(self, qid: int) -> bool:
        """Whether chains were seen on a queue."""
        events = self.session.events
        entries = (events.kind == EventKind.AVAILABLE) | (events.kind == EventKind.USED)
        return bool((entries & (events.qid == qid)).any())

    def _miss_set_ups(self, name: str) -> None:
        """Tell of queues whose beginning is in another file: nothing but their events says that they are there."""
        begun = [ring.name for ring in self.session.queues.rings if not ring.epochs and self._used(ring.qid)]
        if begun:
            more = f" and {len(begun) - _MOST} more" if len(begun) > _MOST else ""
            text = (
                f"{name} begins in the middle of a recording: it lacks the set-up of {', '.join(begun[:_MOST])}{more}"
            )
            self.session.tool.truncated.append(Standing(0, -1, a=self.session.tool.note(text)))

    def _name(self, batch: Batch) -> None:
        """Queues are called what their interface is called."""
        interfaces = self.capture.interfaces
        if len(self._named) == len(interfaces):
            return
        numbers, first = np.unique(batch.interface, return_index=True)
        headers = events_of(batch.store.words, 0, batch.time_ns[first], batch.offset[first], batch.size[first])
        for number, device, queue in zip(
            numbers.tolist(), headers.device.tolist(), headers.queue.tolist(), strict=True
        ):
            self._named.add(number)
            self.session.queues.name(device, queue, interfaces[number].name)
