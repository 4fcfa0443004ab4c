"""Follows one vhost-user session: what its messages say of memory and rings, and what the rings then do."""

import time
from collections.abc import Callable
from dataclasses import replace

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.ring.group import RingWatcher
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.observation import Observation
from vdmabuf_inspect.ring.watch import untouched, watcher_of
from vdmabuf_inspect.sources.base import Write
from vdmabuf_inspect.sources.devices import device_id
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.queues import queue_name
from vdmabuf_inspect.sources.vhost_user.control import NAME, Way, boundary_record, message_record
from vdmabuf_inspect.sources.vhost_user.guest import SharedMemory
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.sources.vhost_user.ring import Bell, Ring
from vdmabuf_inspect.sources.vhost_user.stopped import Stopped
from vdmabuf_inspect.vhost_user.connection import Message

DISABLED_NS = 100_000_000
"""A disabled ring is watched this much longer, for what its device had in work."""


class Observer:
    """One session, from connect to close: `front` and `back` (requests.py) change it, `look` reads the rings."""

    def __init__(
        self, loop: Loop, options: SourceOptions, write: Write, named: Callable[[int, str], None], number: int = 1
    ) -> None:
        """`number` counts the sessions of one source from 1."""
        self.shared = SharedMemory()
        self.rings: dict[int, Ring] = {}
        self.features = self.offered = 0
        self.suspended = False
        """Post-copy migration: guest memory may not be touched, it would be read as zeros."""
        self.begins = time.monotonic() + options.look_after
        """When the rings may first be looked at."""
        self.seen = Observation()
        self.stopped = Stopped()
        self._loop = loop
        self._options = options
        self._write = write
        self._named = named
        self._number = number
        self._stopped_well: set[int] = set()
        self._unsure: list[Ring] = []
        """Rings that went on where a new set-up begins too: the others tell which it is."""
        self._now = 0

    @property
    def running(self) -> list[Ring]:
        """The rings that are watched."""
        return [ring for ring in self.rings.values() if ring.index in self.seen]

    @property
    def kicked(self) -> bool:
        """Whether every ring that is watched has a kick to wait for."""
        return all(ring.kick.hung for ring in self.running)

    @property
    def unwatched(self) -> str:
        """Why rings that were set up are not watched, empty when all are."""
        if self.early > 0:
            return f"looking in {self.early:.1f} s"
        if self.suspended:
            return "guest memory is on its way (post-copy), not looking"
        unmapped = [str(ring.index) for ring in self.rings.values() if ring.unmapped]
        why = " (an IOMMU is in use, which is not followed)" if self.features & Feature.ACCESS_PLATFORM else ""
        return f"addresses of queue {', '.join(unmapped)} are in no memory region{why}" if unmapped else ""

    @property
    def early(self) -> float:
        """Seconds until the rings may be looked at; not above 0 once they may."""
        return self.begins - time.monotonic() if self._options.look_after else 0.0

    def ring(self, index: int) -> Ring:
        """What is known of queue `index`."""
        if index not in self.rings:
            self.rings[index] = Ring(index, Bell(self._loop), Bell(self._loop))
        return self.rings[index]

    def look(self) -> bool:
        """Write what happened since the last look; whether anything did."""
        if self.suspended:
            return False
        rings, now = self.running, self._clock()
        self._look_late()
        self._put(self.seen.look(now, {ring.index: ring.notices() for ring in rings if ring.rung}))
        busy = self.seen.busy
        for ring in rings:
            if ring.disabled_ns and now - ring.disabled_ns > DISABLED_NS:
                ring.stopped_at = ring.base
                self._leave(ring, paused=True)
        return busy

    def hear(self, message: Message, way: Way) -> None:
        """Record a message of the control plane, before what follows from it."""
        self._put([message_record(message, way, self._clock(), self._options.snaplen)])

    def meet(self, back_end: bool, text: str) -> None:
        """Record that a peer connected."""
        self._named(CONTROL_QUEUE, f"{queue_name(self._options, 0).rpartition('/')[0]}/{NAME}")
        self._put([boundary_record(self._number, back_end, False, text, self._clock())])

    def part(self, back_end: bool, text: str) -> None:
        """Record that the connection to a peer ended."""
        self._put([boundary_record(self._number, back_end, True, text, self._clock())])

    def start_ready(self) -> None:
        """Watch every ring that has all it takes. Call before the message that starts it is passed on."""
        for ring in self.running:
            self.seen.hear(ring.index, ring.heard)
        if self.suspended or self.early > 0:
            return
        for ring in self.rings.values():
            if ring.set_up and not ring.disabled_ns and ring.index not in self.seen:
                self._start(ring)

    def stop(self, ring: Ring, paused: bool = False) -> None:
        """The device was asked to stop this ring and said that it did, or was reset; `paused`: it may go on."""
        self._leave(ring, paused=paused)
        if ring.started:
            self._stopped_well.add(ring.index)
        ring.stop()

    def hand_over(self, ring: Ring, base: int) -> None:
        """The device stopped this ring and told where; nothing may come back on it until it goes on from there."""
        watcher, ring.stopped_at, self._unsure = ring.watcher, base, []
        self.stop(ring, paused=True)
        if watcher is not None:
            self.stopped.add(watcher, self._clock())

    def remap(self) -> None:
        """Guest memory is another from here on."""
        self._look_late()
        self.stopped.clear()

    def reset(self) -> None:
        """The device was reset: every ring stops and must be set up again."""
        for ring in self.rings.values():
            self.stop(ring)
            ring.enabled = False

    def forget_paused(self) -> None:
        """No ring that stopped goes on."""
        for index in list(self.seen.paused):
            self.seen.forget(index)
            self.stopped.forget(index)

    def close(self, well: bool, left: bool = False) -> None:
        """The session is over; in good order when every ring had been stopped before and both peers were sound.

        `left`: it is we who end it.
        """
        self._look_late()
        self._tell_unstarted()
        well = well and not any(ring.started for ring in self.rings.values())
        for ring in self.rings.values():
            self._leave(ring, left)
            ring.close()
        for index in sorted(self._stopped_well) if well else ():
            self._write(Record(EventKind.STOP, self._clock(), queue=index, flags=EventFlag.CLOSED))
        self.shared.set((), ())

    def _look_late(self) -> None:
        """Look at the rings that were stopped a moment ago."""
        if self.stopped and not self.suspended:
            self._put(self.stopped.look(self._clock()))

    def _leave(self, ring: Ring, left: bool = False, paused: bool = False) -> None:
        """A last look, and watch it no more."""
        ring.watcher, readable = None, not self.suspended
        self._put(
            self.seen.remove(ring.index, self._clock(), ring.notices(), readable=readable, paused=paused, left=left)
        )

    def _start(self, ring: Ring) -> None:
        watcher = self._watcher(ring)
        if watcher is None:
            return
        if ring.unmapped:
            self._tell(ring, watcher)
            return
        self._named(ring.index, watcher.layout.name)
        self._stopped_well.discard(ring.index)
        ring.disabled_ns = ring.call.rung = 0
        ring.started = True
        if self._goes_on(ring, watcher.layout):
            return
        ring.watcher = watcher
        complete = ring.begins(watcher.layout.packed) and untouched(self.shared.memory, watcher.layout)
        self._put(self.seen.add(watcher, self._clock(), complete, ring.heard))

    def _goes_on(self, ring: Ring, layout: QueueLayout) -> bool:
        """Whether a ring went on after a pause: with the same layout, from where the device had stopped."""
        since, paused = self.stopped.forget(ring.index), ring.index in self.seen.paused
        same = paused and ring.base == ring.stopped_at
        told = self.seen.resume(layout, self._clock(), ring.heard, since) if same else None
        if told is None:
            self._begin_anew(paused)
            return False
        ring.watcher = self.seen.watcher(ring.index)
        self._unsure = [*self._unsure, ring] if ring.begins(layout.packed) and self.seen.paused else []
        self._put(told)
        return True

    def _begin_anew(self, paused: bool) -> None:
        """A ring was set up anew: no other goes on, and where one only seemed to it has begun anew as well."""
        self.forget_paused()
        unsure, self._unsure = self._unsure if paused else [], []
        for ring in unsure:
            self._leave(ring)
        for ring in unsure:
            self._start(ring)

    def _watcher(self, ring: Ring) -> RingWatcher | None:
        """Somebody to watch a ring whose place is known."""
        name = queue_name(self._options, ring.index)
        number = device_id(self._options.device, self._options.dialect)
        layout = ring.layout(self.shared, self.features, name, number)
        if layout is None:
            return None
        layout = replace(layout, offered=self.offered & ~int(Feature.PROTOCOL_FEATURES))
        return watcher_of(self.shared.memory, layout, self._options.snaplen, self.seen.layouts, ring.base)

    def _tell(self, ring: Ring, watcher: RingWatcher) -> None:
        """Record, once, a set-up that cannot be watched for where its parts lie."""
        if ring.told or self.features & Feature.ACCESS_PLATFORM:
            return
        started = watcher.start(self._clock(), False)[:1]
        if started[0].problems:
            ring.told = True
            self._named(ring.index, watcher.layout.name)
            self._put(started)

    def _tell_unstarted(self) -> None:
        """A ring that the back end refused may have been refused for a reason that can be seen."""
        for ring in self.rings.values():
            watcher = self._watcher(ring) if ring.size and ring.address and ring.index not in self.seen else None
            if watcher is not None and not ring.started:
                self._tell(ring, watcher)

    def _put(self, records: list[Record]) -> None:
        for record in records:
            self._write(record)

    def _clock(self) -> int:
        """Nanoseconds since the epoch, never going back."""
        self._now = max(self._now, time.time_ns())
        return self._now
