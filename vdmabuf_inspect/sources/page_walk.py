"""The pages behind exported buffers, read while their records pass by, and written among them as PAGES events.

It stands between a producer and whoever writes. A live guest's tables are read soon after each export and again now
and then, in a thread of its own that takes no more than its SHARE; a snapshot's once, at the end.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.export import CANDIDATE_IDS, Export, Listener, Release, device_id_of
from vdmabuf_inspect.protocols.vdmabuf.messages import place_of
from vdmabuf_inspect.protocols.vdmabuf.pages import MOST_RUNS, PageMap, page_map, with_data
from vdmabuf_inspect.sources.base import Mode, Write

if TYPE_CHECKING:
    from vdmabuf_inspect.sources.base import Producer

SHARE = 0.05
"""Of a processor that reading may take, on average: whoever watches the rings goes before it."""
_BURST_S = 0.5
"""How much of what was not taken may be taken later."""
MOST_LIVE = 4096
"""Buffers that are looked at; of more, the oldest are left alone."""
_FIRST_S, _LONGEST_S = 0.01, 1.0
"""Between the first two looks at a buffer; then twice as long each time, up to the longest."""
_TURN_S, _IDLE_S = 0.005, 0.1
"""Between turns of the thread that reads: as long as records come, and when none do."""
_BACKLOG = 1 << 14
"""Records that may wait to be heard."""
_HEARD = frozenset({EventKind.START, EventKind.STOP, EventKind.AVAILABLE, EventKind.USED})
_QUIET_S = 0.25
"""A producer that wrote nothing for so long has looked meanwhile and found nothing."""


@dataclass
class _Held:
    """A buffer that the device has, and when to look at it next (time.monotonic)."""

    export: Export
    due: float
    pause: float = _FIRST_S
    known: PageMap | None = None


class PageWalk:
    """The producer itself, but that PAGES events are among its records."""

    def __init__(self, producer: "Producer", dialect: str | None = None) -> None:
        """`dialect`: a name in DIALECTS where the user forces one."""
        self.mode: Mode = producer.mode
        self.name = producer.name
        self.queue_names: Mapping[tuple[int, int], str] = producer.queue_names
        self._producer = producer
        self._forced = DIALECTS.get(dialect or "")
        self._listeners: dict[int, Listener | None] = {}
        self._live: dict[tuple[int, int, int], _Held] = {}
        self._paused: set[int] = set()
        self._passed_on: deque[Record] = deque(maxlen=_BACKLOG if self.mode is Mode.LIVE else None)
        self._ready: deque[tuple[int, Record]] = deque()
        """Readings and the times (ns) at which they ended."""
        self._gate = threading.Lock()
        self._latest = 0
        self._passed = 0.0
        self._rests_until = 0.0
        self._over = threading.Event()

    @property
    def memory(self) -> Memory | None:
        """The producer's."""
        return self._producer.memory

    def status(self) -> str:
        """The producer's."""
        return self._producer.status()

    def stop(self) -> None:
        """Stop the producer."""
        self._producer.stop()

    def run(self, write: Write) -> None:
        """Run the producer; of a snapshot the pages come last. Raises what it raises."""
        if self.mode is not Mode.LIVE:
            self._producer.run(lambda record: self._pass(record, write))
            self._walk_once(write)
            return
        thread = threading.Thread(target=self._walk, args=(write,), name="pages", daemon=True)
        thread.start()
        try:
            self._producer.run(lambda record: self._pass(record, write))
        finally:
            self._over.set()
            thread.join()

    # in the producer's thread

    def _pass(self, record: Record, write: Write) -> None:
        self.queue_names = self._producer.queue_names
        with self._gate:
            if record.time_ns != self._latest:
                self._write_settled(self._latest, record.time_ns, write)
            write(record)
            self._latest, self._passed = record.time_ns, time.monotonic()
        if record.kind in _HEARD:
            self._passed_on.append(record)

    def _write_settled(self, looked_ns: int, before_ns: int, write: Write) -> None:
        """Write the readings that ended before the latest look began: what was released by then stands before them.

        They get times between the last record's and `before_ns`.
        """
        while self._ready and self._ready[0][0] < looked_ns:
            record = self._ready.popleft()[1]
            self._latest = max(self._latest, min(time.time_ns(), before_ns))
            write(replace(record, time_ns=self._latest))

    # in the thread of its own

    def _walk(self, write: Write) -> None:
        place_of("reference")  # loads the layouts now, not at the first export, which may be back soon
        while not self._over.wait(_TURN_S if time.monotonic() - self._passed < 2 * _QUIET_S else _IDLE_S):
            self._take()
            self._look(time.monotonic())
            if self._ready and time.monotonic() - self._passed > _QUIET_S:
                with self._gate:
                    quiet = time.time_ns() - int(_QUIET_S * 1e9)
                    self._write_settled(quiet, time.time_ns(), write)

    def _take(self) -> None:
        """What was set up, exported, released and stopped meanwhile."""
        while self._passed_on:
            record = self._passed_on.popleft()
            if record.kind is EventKind.START:
                self._meet(record)
            elif record.kind is EventKind.STOP:
                self._part(record)
            elif (listener := self._listeners.get(record.device)) is not None:
                self._note(listener.hear(record))

    def _meet(self, record: Record) -> None:
        """A queue was set up: whose device it is. It may also go on after a pause."""
        if record.device in self._paused:
            self._paused.discard(record.device)
            if not record.flags & EventFlag.PAUSED:
                self._forget(record.device)
        if self._listeners.get(record.device) is None:
            number = device_id_of(record)
            hears = self._forced is not None or number in CANDIDATE_IDS
            self._listeners[record.device] = Listener(number, self._forced) if hears else None

    def _part(self, record: Record) -> None:
        """A queue was stopped: its device's buffers are not looked at, nor ever again unless it goes on."""
        if record.flags & EventFlag.PAUSED:
            self._paused.add(record.device)
        else:
            self._paused.discard(record.device)
            self._forget(record.device)

    def _forget(self, device: int) -> None:
        self._live = {key: held for key, held in self._live.items() if key[0] != device}

    def _note(self, said: list[Export | Release]) -> None:
        for each in said:
            key = each.device, each.name, each.key
            self._live.pop(key, None)
            if isinstance(each, Export):
                self._live[key] = _Held(each, time.monotonic())
                if len(self._live) > MOST_LIVE:
                    del self._live[next(iter(self._live))]

    def _look(self, now: float) -> None:
        """Look at the buffers whose time has come, new ones first, as long as the share lasts."""
        due = [held for held in self._live.values() if held.due <= now and held.export.device not in self._paused]
        for held in sorted(due, key=lambda held: (held.known is not None, held.due)):
            memory = self._producer.memory
            if memory is None or self._rests_until > now or self._over.is_set():
                return
            begun = time.thread_time()
            self._look_at(held, memory)
            spent = time.thread_time() - begun
            self._rests_until = max(self._rests_until, now - _BURST_S) + spent / SHARE

    def _look_at(self, held: _Held, memory: Memory) -> None:
        found = reading(held.export, memory, whole=True)
        held.due, held.pause = time.monotonic() + held.pause, min(2 * held.pause, _LONGEST_S)
        if held.known is None or not held.known.same(found):
            held.known = found
            self._ready.append((found.began_ns + found.took_ns, pages_record(held.export, found)))

    def _walk_once(self, write: Write) -> None:
        """Of a snapshot: every buffer that the device has in it."""
        memory = self._producer.memory
        self._take()
        for listener in self._listeners.values():
            self._note(listener.conclude() if listener else [])
        for held in self._live.values() if memory is not None else ():
            assert memory is not None
            found = reading(held.export, memory, whole=False)
            write(replace(pages_record(held.export, found), time_ns=max(self._latest, held.export.time_ns)))


def reading(export: Export, memory: Memory, whole: bool) -> PageMap:
    """The pages behind an export, as they are now; `whole` as for `page_map`."""
    began = time.time_ns()
    found = with_data(page_map(memory, export.reference, export.pages, whole), memory)
    return replace(
        found, name=export.name, key=export.key, export_ns=export.time_ns, began_ns=began,
        took_ns=min(time.time_ns() - began, (1 << 32) - 1),
    )  # fmt: skip


def pages_record(export: Export, found: PageMap) -> Record:
    """A reading as a PAGES event."""
    payload = found.pack()
    shortened = len(found.runs) + len(found.tables) > MOST_RUNS
    return Record(
        EventKind.PAGES, found.began_ns, export.device, export.queue, EventFlag.SHORTENED if shortened else 0,
        count=min(found.pages, (1 << 32) - 1), readable=len(payload), readable_bytes=payload,
    )  # fmt: skip
