"""The session's queues and devices: numbers, names, set-ups (epochs), and how complete their observation is."""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import CONTROL_QUEUE, REGION, START, Record
from vdmabuf_inspect.ring.layout import QueueLayout

_GRID = 256
_ROW = _GRID + 1
_MOST = 1 << 16
"""Queues are numbered in 16 bits; should there be more, the last number stands for all of those."""


MARKED = (EventKind.GAP, EventKind.LOOK, EventKind.COUNTS)


@dataclass(frozen=True)
class Epoch:
    """One set-up of a queue. `row` is its START event; addresses are guest-physical, sizes bytes."""

    row: int
    layout: QueueLayout
    avail_idx: int
    used_idx: int
    complete: bool
    regions: tuple[tuple[int, int], ...]


@dataclass
class Queue:
    """One virtqueue, or where a device's control plane is (`control`). `qid` is the session's number of it."""

    qid: int
    device: int
    index: int
    name: str
    epochs: list[Epoch] = field(default_factory=list)
    complete: bool = False
    stopped: bool = False
    paused: bool = False
    """It is stopped, and may go on from there."""
    stops: list[int] = field(default_factory=list)
    """Rows of its STOP events."""
    resumes: list[int] = field(default_factory=list)
    """Rows of the START events at which it went on."""
    marks: dict[EventKind, list[int]] = field(default_factory=lambda: {kind: [] for kind in MARKED})
    """Rows of its other rare events."""

    @property
    def control(self) -> bool:
        """It is no virtqueue: the events of a device's control plane have this number."""
        return self.index == CONTROL_QUEUE

    @property
    def size(self) -> int:
        """Descriptors, 0 while unknown."""
        return self.epochs[-1].layout.size if self.epochs else 0

    def epoch_at(self, seq: int) -> Epoch | None:
        """The set-up in force after `seq` events."""
        number = self.epoch_number(seq)
        return self.epochs[number - 1] if number else None

    def epoch_number(self, seq: int) -> int:
        """How often it had been set up after `seq` events."""
        return bisect_left(self.epochs, seq, key=lambda epoch: epoch.row)


class QueueTable:
    """All queues, found by device and index; new ones get the next number.

    A device's control plane has a number too, but is no ring: nothing is missed of it, and it has no epochs.
    """

    def __init__(self, features: int | None = None) -> None:
        self.queues: list[Queue] = []
        """By number, control planes too."""
        self.rings: list[Queue] = []
        """The virtqueues."""
        self.gaps = np.zeros(0, np.int64)
        """int64[queues]: gaps in the present epoch."""
        self.complete = np.zeros(0, bool)
        """bool[queues]: the present epoch was seen from its beginning."""
        self.features = np.zeros(0, np.uint64)
        """uint64[queues]: features that the driver acknowledged."""
        self.legacy = np.zeros(0, bool)
        """bool[queues]: VERSION_1 was not negotiated."""
        self.device = np.zeros(1, np.int64)
        """int64[queues + 1]: device of each queue; the last entry, -1, answers for queue number -1."""
        self._features = features
        self._grid = np.full(_GRID * _ROW, -1, np.int32)
        self._far: dict[int, int] = {}
        self._names: dict[tuple[int, int], str] = {}
        self._of_device: dict[int, list[Queue]] = {}
        self.device[0] = -1

    def number(self, device: Array, index: Array) -> Array:
        """int32[n]: the queue numbers of (device, queue index) pairs; unknown pairs are added in order."""
        near = (device < _GRID) & (index < _GRID)
        if near.all():
            return self._number_near(device, index)
        control = index == CONTROL_QUEUE
        if (near | control & (device < _GRID)).all():
            return self._number_near(device, np.where(control, _GRID, index))
        return self._number_far(device, index)

    def _number_near(self, device: Array, column: Array) -> Array:
        """As `number`, by columns of the grid: queue indices, the last one for control planes."""
        key = device.astype(np.int32) * _ROW + column
        found = self._grid[key]
        if (found < 0).any():
            for k in dict.fromkeys(key[found < 0].tolist()):
                index = k % _ROW
                self._one(k // _ROW, CONTROL_QUEUE if index == _GRID else index)
            self._extend()
            found = self._grid[key]
        return found

    def _number_far(self, device: Array, index: Array) -> Array:
        """As `number`, for numbers that no program gives but a damaged file may hold."""
        pairs = list(zip(device.tolist(), index.tolist(), strict=True))
        known = {pair: self._one(*pair) for pair in dict.fromkeys(pairs)}
        self._extend()
        return np.array([known[pair] for pair in pairs], np.int32)

    def _one(self, device: int, index: int) -> int:
        key = device << 16 | index
        qid = self._far.get(key)
        if qid is None:
            qid = self._far[key] = min(len(self.queues), _MOST - 1)
            if device < _GRID and (index < _GRID or index == CONTROL_QUEUE):
                self._grid[device * _ROW + min(index, _GRID)] = qid
            if qid == len(self.queues):
                self._add(qid, device, index)
        return qid

    def _add(self, qid: int, device: int, index: int) -> None:
        unnamed = f"{device}/{'vhost-user' if index == CONTROL_QUEUE else index}"
        queue = Queue(qid, device, index, self._names.get((device, index), unnamed))
        self.queues.append(queue)
        if not queue.control:
            self.rings.append(queue)
            self._of_device.setdefault(device, []).append(queue)

    def _extend(self) -> None:
        """Columns as long as there are queues."""
        more = len(self.queues) - len(self.gaps)
        new = self.queues[len(self.gaps) :]
        devices = [q.device for q in new]
        self.gaps = np.concatenate([self.gaps, np.zeros(more, np.int64)])
        self.complete = np.concatenate([self.complete, np.array([q.control for q in new], bool)])
        self.features = np.concatenate([self.features, np.zeros(more, np.uint64)])
        self.legacy = np.concatenate([self.legacy, np.zeros(more, bool)])
        self.device = np.concatenate([self.device[:-1], np.array([*devices, -1], np.int64)])

    def name(self, device: int, index: int, name: str) -> None:
        """Call a queue what its source calls it, now or once it is seen."""
        if name:
            self._names[(device, index)] = name
            if (qid := self._far.get(device << 16 | index)) is not None:
                self.queues[qid].name = name

    def control(self, device: int) -> int:
        """The number of a device's control plane, -1 where it has none."""
        return self._far.get(device << 16 | CONTROL_QUEUE, -1)

    def devices(self) -> list[int]:
        """Device numbers, in order."""
        return sorted({queue.device for queue in self.queues})

    def of_device(self, device: int) -> list[Queue]:
        """The virtqueues of one device."""
        return self._of_device.get(device, [])

    def start(self, qid: int, row: int, record: Record) -> Epoch:
        """A START event: a new epoch of the queue begins."""
        queue = self.queues[qid]
        epoch = _epoch(queue, row, record, self._features)
        queue.epochs.append(epoch)
        queue.stopped = queue.paused = False
        queue.complete = epoch.complete
        self.complete[qid] = epoch.complete
        self.features[qid] = epoch.layout.features & (1 << 64) - 1
        self.legacy[qid] = not epoch.layout.has(Feature.VERSION_1)
        self.gaps[qid] = 0
        return epoch

    def resume(self, qid: int, row: int) -> None:
        """A START event at which a queue that paused goes on: its epoch does."""
        queue = self.queues[qid]
        queue.stopped = queue.paused = False
        queue.resumes.append(row)

    def mark(self, kind: Array, qid: Array, row: Array) -> None:
        """Keep the rows of rare events: columns of a batch."""
        for each in MARKED:
            at = np.flatnonzero(kind == each)
            for number, place in zip(qid[at].tolist(), row[at].tolist(), strict=True):
                self.queues[number].marks[each].append(place)

    def stop(self, qid: int, row: int, paused: bool = False) -> None:
        """A STOP event; `paused` when the queue may go on from there."""
        self.queues[qid].stopped, self.queues[qid].paused = True, paused
        self.queues[qid].stops.append(row)


def _epoch(queue: Queue, row: int, record: Record, features: int | None) -> Epoch:
    """Read a START record; what is missing of it reads as zero."""
    data = record.readable_bytes
    head = np.frombuffer(data[: START.itemsize].ljust(START.itemsize, b"\0"), START)[0]
    body = data[START.itemsize :]
    regions = np.frombuffer(body[: len(body) - len(body) % REGION.itemsize], REGION)
    acknowledged = int(head["features"]) if features is None else features
    size, desc, avail, used = (int(head[name]) for name in ("size", "desc", "avail", "used"))
    layout = QueueLayout(
        queue.device, queue.index, queue.name, size, desc, avail, used, acknowledged, int(head["device_id"]),
        int(head["offered"]),
    )  # fmt: skip
    return Epoch(
        row, layout, int(head["avail_idx"]), int(head["used_idx"]), bool(record.flags & EventFlag.COMPLETE),
        tuple((int(g), int(s)) for g, s in regions),
    )  # fmt: skip
