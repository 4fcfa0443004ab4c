"""What was read of the pages behind buffers, joined with what the rings say: columns for the rules about pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE, Op
from vdmabuf_inspect.protocols.vdmabuf.looks import Look, Looks
from vdmabuf_inspect.protocols.vdmabuf.pages import PageMap, Run, unpack_map
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events

Outstanding = Callable[[int], Array]
_MOST_CHAINS = 1024
"""Outstanding chains of a queue whose buffers are compared with a page list."""
RING, MESSAGE, TABLE = range(3)


class _Standing:
    """The state and the latest export of every object, carried forward through the logs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._state: Array = np.zeros(64, np.uint8)
        self._export: Array = np.full(64, -1, np.int64)
        self._steps = self._messages = 0

    def advance(self, row: int) -> None:
        """Take in everything before an event."""
        session = self._session
        while len(self._state) < len(session.objects):
            self._state = np.concatenate([self._state, np.zeros_like(self._state)])
            self._export = np.concatenate([self._export, np.full_like(self._export, -1)])
        steps, messages = place(session.transitions.row, row), place(session.messages.row, row)
        new = slice(self._steps, steps)
        self._state[session.transitions.object[new]] = session.transitions.state[new]
        log = slice(self._messages, messages)
        exports = (session.messages.op[log] == Op.EXPORT) & (session.messages.object[log] >= 0)
        self._export[session.messages.object[log][exports]] = session.messages.row[log][exports]
        self._steps, self._messages = max(self._steps, steps), max(self._messages, messages)

    def live(self, number: int) -> bool:
        """Whether the device has the buffer."""
        return bool(live_mask()[self._state[number]])

    def export_row(self, number: int) -> int:
        """The row of its latest export, -1 for none."""
        return int(self._export[number])


@dataclass(frozen=True)
class _Known:
    """The latest reading of a live buffer: the export that it belongs to, its data and table pages as spans."""

    device: int
    export_row: int
    found: PageMap
    data: Array
    tables: Array


class PageLedger:
    """Takes PAGES events in order; remembers the latest reading of every buffer that the device has."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._standing = _Standing(session)
        self._known: dict[int, _Known] = {}

    def consume(self, events: Events, outstanding: Outstanding) -> Looks | None:
        """The readings of buffers that are known to be live and not exported again meanwhile; None when there are none.

        The events must be in the logs already. `outstanding` gives the chain rows that are out on a queue.
        """
        at = np.flatnonzero(events.of(EventKind.PAGES))
        found = [self._look(events, int(i), outstanding) for i in at]
        kept = [look for look in found if look is not None]
        return Looks.of(kept) if kept else None

    def _look(self, events: Events, at: int, outstanding: Outstanding) -> Look | None:
        row, device = int(events.row[at]), int(events.device[at])
        self._standing.advance(row)
        found = unpack_map(self._session.record(row).readable_bytes)
        number = -1 if found is None else self._object(found, device, row)
        if found is None or number < 0:
            return None
        self._session.pages.append(1, row=row, object=number)
        if not self._valid(number, device, found):
            return None
        self._known = {
            other: known
            for other, known in self._known.items()
            if self._standing.live(other) and self._whole(known.device, known.export_row)
        }
        before = self._known.pop(number, None)
        row_of = self._standing.export_row(number)
        now = _Known(device, row_of, found, _spans(found.runs), _spans(found.tables))
        same = before is not None and before.export_row == now.export_row
        sharer, shared_at = self._shared(now)
        overlap, overlap_at = self._overlap(now, device, row, outstanding)
        self._known[number] = now
        return Look(
            row, int(events.qid[at]), number, found, before.found if before and same else None,
            sharer, shared_at, overlap, overlap_at, not self._past(row_of),
        )  # fmt: skip

    def _object(self, found: PageMap, device: int, row: int) -> int:
        """The latest incarnation of the identifier before an event, -1 where there is none."""
        log = self._session.objects
        same = (log.name == np.uint64(found.name)) & (log.key == np.uint64(found.key)) & (log.device == device)
        mine = np.flatnonzero(same & (log.first < row))
        return int(mine[-1]) if len(mine) else -1

    def _valid(self, number: int, device: int, found: PageMap) -> bool:
        """Whether the device is known to have the buffer, by the export that the reading belongs to."""
        row = self._standing.export_row(number)
        if not self._standing.live(number) or row < 0 or not self._whole(device, row):
            return False
        return int(self._session.events.time_ns[row]) == found.export_ns

    def _whole(self, device: int, since: int) -> bool:
        """Whether nothing was missed of a device since an event: what is known to be live since then is."""
        vdmabuf = self._session.vdmabuf.get(device)
        gaps = [queue.marks[EventKind.GAP][-1:] for queue in self._session.queues.of_device(device)]
        return not (vdmabuf and vdmabuf.torn) and all(row < since for rows in gaps for row in rows)

    def _shared(self, now: _Known) -> tuple[int, int]:
        """(another live buffer, address of a data page that both list), -1 where there is none."""
        for other, known in self._known.items():
            meeting = _meeting(now.data, known.data)
            if meeting >= 0 and not (self._presumed(now) or self._presumed(known)):
                return other, meeting
        return -1, -1

    def _presumed(self, known: _Known) -> bool:
        """Whether its export was found, not seen: a release of it may have come between that and the other's."""
        return bool(self._session.record(known.export_row).flags & EventFlag.PRESUMED)

    def _past(self, row: int) -> bool:
        """Whether an export is an entry of the past that a ring still held, its bytes perhaps another's by then."""
        past = EventFlag.PRESUMED | EventFlag.STALE
        return self._session.record(row).flags & past == past

    def _overlap(self, now: _Known, device: int, row: int, outstanding: Outstanding) -> tuple[int, int]:
        """(what, address) of the first data page that holds a ring, a message or a table; address -1 for none."""
        tables = [now.tables, *(known.tables for known in self._known.values())]
        parts = (
            (RING, self._rings(device)),
            (MESSAGE, self._messages(device, row, outstanding)),
            (TABLE, np.concatenate(tables)),
        )
        for what, spans in parts:
            if (meeting := _meeting(now.data, spans)) >= 0:
                return what, meeting
        return RING, -1

    def _rings(self, device: int) -> Array:
        """Spans of the device's rings."""
        queues = [q.epochs[-1].layout for q in self._session.queues.of_device(device) if q.epochs and not q.stopped]
        return _joined([(address, address + size) for layout in queues for address, size, _ in layout.parts])

    def _messages(self, device: int, row: int, outstanding: Outstanding) -> Array:
        """Spans of the buffers of chains that are out."""
        session, spans = self._session, []
        for queue in session.queues.of_device(device):
            for chain in outstanding(queue.qid)[:_MOST_CHAINS].tolist():
                available = int(session.chains.available[chain])
                if 0 <= available < row:
                    spans += [(d.addr, d.addr + d.len) for d in session.record(available).descriptors]
        return _joined(spans)


def _spans(runs: Iterable[Run]) -> Array:
    return _joined([(run.gpa, run.end) for run in runs])


def _joined(spans: list[tuple[int, int]]) -> Array:
    """uint64[n, 2]: begin and end."""
    top = (1 << 64) - 1
    return np.array([(min(a, top), min(b, top)) for a, b in spans], np.uint64).reshape(-1, 2)


def _meeting(data: Array, others: Array) -> int:
    """The first page of `data` that meets any of the other spans, -1 where none does."""
    if not len(data) or not len(others):
        return -1
    order = np.argsort(others[:, 0], kind="stable")
    start, end = others[order, 0], np.maximum.accumulate(others[order, 1])
    before = np.searchsorted(start, data[:, 1], side="left").astype(np.int64) - 1
    hit = np.flatnonzero((before >= 0) & (end[np.maximum(before, 0)] > data[:, 0]))
    if not len(hit):
        return -1
    begin, stop = (int(v) for v in data[hit[0]])
    meets = (others[:, 0] < stop) & (others[:, 1] > begin)
    return max(begin, int(others[meets, 0].min()) // PAGE_SIZE * PAGE_SIZE)
