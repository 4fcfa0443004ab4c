"""A batch of ring events as columns, gathered from the records' own bytes."""

from dataclasses import dataclass, field, fields

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import DESCRIPTOR, HEADER


@dataclass(eq=False, repr=False)
class Events:
    """Columns of n events; `row` is each event's place in the session's event log (sequence number minus 1).

    `data` and `tail` are the byte offsets, in the store, of the readable and of the writable bytes.
    Sizes are bytes. `qid` is the session's number of the queue.
    """

    words: Array
    row: Array
    time_ns: Array
    offset: Array
    kind: Array
    flags: Array
    device: Array
    queue: Array
    head: Array
    index: Array
    event: Array
    used_len: Array
    problems: Array
    readable: Array
    writable: Array
    readable_kept: Array
    writable_kept: Array
    count: Array
    data: Array
    tail: Array
    qid: Array = field(default_factory=lambda: np.empty(0, np.uint16))
    legacy: Array = field(default_factory=lambda: np.empty(0, bool))
    """The queue has the legacy layout."""
    features: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    """Feature bits that the driver of the queue acknowledged."""
    out_of_turn: Array = field(default_factory=lambda: np.empty(0, bool))
    """USED, with IN_ORDER: a chain that was made available earlier had not come back."""
    complete: Array = field(default_factory=lambda: np.empty(0, bool))
    """The queue was watched from its set-up and nothing was missed so far."""
    chain: Array = field(default_factory=lambda: np.empty(0, np.int32))
    """Row in the chain log, -1 for events of no chain."""
    paired: Array = field(default_factory=lambda: np.empty(0, bool))
    """USED: its chain was seen being made available."""
    returned_twice: Array = field(default_factory=lambda: np.empty(0, bool))
    """USED: the head had been returned already, with nothing missed in between."""

    def __len__(self) -> int:
        return len(self.row)

    def has(self, feature: Feature) -> Array:
        """Mask of the events on queues whose driver acknowledged `feature`."""
        return np.asarray((self.features & np.uint64(feature)) != 0)

    @property
    def packed(self) -> Array:
        """Mask of the events on packed rings."""
        return self.has(Feature.RING_PACKED)

    @property
    def of_device(self) -> Array:
        """Mask of the LOOK events that blame the device: for its event structure, or the slot that it had to write."""
        slot = (self.problems & int(Problem.WRAP_MISMATCH)) != 0
        mine = (self.head == self.event) & (self.head != self.index)
        event = (self.problems & int(Problem.DEVICE_EVENT)) != 0
        return np.asarray(self.of(EventKind.LOOK) & (event | (slot & mine)))

    def of(self, kind: EventKind) -> Array:
        """Mask of the events of one kind."""
        return np.asarray(self.kind == kind)

    def take(self, mask: Array) -> "Events":
        """Some of the events, in order; the store's words are shared."""
        parts = {f.name: getattr(self, f.name)[mask] for f in fields(self) if f.name != "words"}
        return Events(words=self.words, **parts)

    def part(self, start: int, stop: int) -> "Events":
        """Events `start` to `stop`, without copying; only before they were paired."""
        parts = {f.name: getattr(self, f.name)[start:stop] for f in fields(self) if f.name != "words"}
        return Events(words=self.words, **parts)

    @property
    def returned(self) -> Array:
        """Mask of the chains that came back."""
        return self.of(EventKind.USED)

    @property
    def missed(self) -> Array:
        """Mask of the places where the observer missed events."""
        return self.of(EventKind.GAP)

    @property
    def stale(self) -> Array:
        """Mask of the events whose bytes prove nothing."""
        return np.asarray((self.flags & EventFlag.STALE) != 0)

    @property
    def presumed(self) -> Array:
        """Mask of the events that nobody saw happen."""
        return np.asarray((self.flags & EventFlag.PRESUMED) != 0)


def gather(words: Array, base: Array, count: int) -> Array:
    """uint32[n, count]: `count` words from word index `base[i]` of each row; zeros behind the end of `words`.

    Rows are copied whole, through a view of all overlapping rows, which is three times as fast as gathering words.
    """
    if len(words) < count:
        words = np.concatenate([words, np.zeros(count - len(words), np.uint32)])
    last = len(words) - count
    rows = np.ndarray((last + 1,), f"V{4 * count}", np.ascontiguousarray(words), strides=(4,))
    found: Array = rows[np.clip(base, 0, last)].view("<u4").reshape(len(base), count)
    if len(base) and base.max() > last:
        for i in np.flatnonzero(base > last).tolist():
            rest = words[int(base[i]) :]
            found[i] = 0
            found[i, : len(rest)] = rest
    return found


def same_look(time_ns: Array, at: Array) -> Array:
    """int64[k]: the last event of the look to which each event `at` belongs.

    Events of one look have one time; between queues their order is inferred, not seen.
    """
    return np.maximum(np.searchsorted(time_ns, time_ns[at], side="right") - 1, at)


def events_of(words: Array, first_row: int, time_ns: Array, offset: Array, size: Array) -> Events:
    """Columns of the records at byte `offset` (4-aligned) with `size` captured bytes each.

    Sizes that a record claims beyond what was captured are cut to what is there.
    """
    header = gather(words, (offset >> 2).astype(np.int64), HEADER.itemsize // 4)

    def word(i: int) -> Array:
        return np.ascontiguousarray(header[:, i])

    first, second, third, fourth, last = word(0), word(1), word(2), word(3), word(11)
    body = size.astype(np.int64) - HEADER.itemsize
    table = (fourth >> 16).astype(np.int64) * DESCRIPTOR.itemsize
    room = np.maximum(body - table, 0)
    readable_kept = np.minimum(word(8), room)
    padded = readable_kept + (-readable_kept & 3)
    data = offset + HEADER.itemsize + np.minimum(table, np.maximum(body, 0))
    return Events(
        words=words,
        row=np.arange(first_row, first_row + len(offset), dtype=np.int64),
        time_ns=time_ns,
        offset=offset,
        kind=(first >> 24).astype(np.uint8),
        flags=(second & 0xFFFF).astype(np.uint16),
        queue=(second >> 16).astype(np.uint16),
        head=(third & 0xFFFF).astype(np.uint16),
        index=(third >> 16).astype(np.uint16),
        event=(fourth & 0xFFFF).astype(np.uint16),
        used_len=word(4),
        problems=word(5),
        readable=word(6),
        writable=word(7),
        readable_kept=readable_kept,
        writable_kept=np.minimum(word(9), np.maximum(room - padded, 0)),
        count=word(10),
        device=(last >> 16).astype(np.uint16),
        data=data,
        tail=data + padded,
    )
