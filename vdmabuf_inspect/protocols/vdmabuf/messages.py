"""A batch of vdmabuf messages as columns, read from the records' own words in one dialect."""

from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect, Sender
from vdmabuf_inspect.protocols.vdmabuf.layout import OP_SIZE, Op
from vdmabuf_inspect.track.events import Events, gather

RECV, SEND = 0, 1
"""Virtqueue indices of the two-queue dialects (specification, Virtqueues)."""
OP_WORDS = OP_SIZE // 4


@cache
def place_of(path: str) -> int:
    """The word of `op` at which EXPORT's field `path` begins."""
    from vdmabuf_inspect.protocols.layout import spans_of
    from vdmabuf_inspect.protocols.vdmabuf.declarations import EXPORT

    return next(span.offset // 4 for span in spans_of(EXPORT) if span.path == path)


@dataclass(eq=False, repr=False)
class Messages:
    """n messages. Sizes are bytes; `base` is the word index of the message's first byte in `words`.

    `at` are the places of their events in the batch `events`; the outputs of identity and tracking are filled
    in later: `vm_first`, `announced`, `object`, `before`, `after`, `created`, `previous`, `live`, `posted`.
    """

    dialect: Dialect
    events: Events
    at: Array
    base: Array
    size: Array
    kept: Array
    from_device: Array
    vm_first: Array = field(default_factory=lambda: np.empty(0, bool))
    announced: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """The VM ID in force before each message, -1 where none was seen."""
    known: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """The VM ID in force by the end of each message's look, within which order is inferred; -1 where none was seen."""
    asked: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """VM ID requests outstanding before each message."""
    object: Array = field(default_factory=lambda: np.empty(0, np.int32))
    before: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    created: Array = field(default_factory=lambda: np.empty(0, bool))
    previous: Array = field(default_factory=lambda: np.empty(0, np.int32))
    presumed: Array = field(default_factory=lambda: np.empty(0, bool))
    misshapen: Array = field(default_factory=lambda: np.empty(0, bool))
    """Mask: an export of the wrong size had the same ID."""
    live: Array = field(default_factory=lambda: np.empty(0, np.int64))
    posted: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """Receive buffers that the device has at each message."""
    previous_key: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    """Key of the object that had the same VM and counter before; read where `previous` is not -1."""
    highest: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """Highest counter exported before each message, -1 where none."""
    key_before: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    """Key of the object that began before the one each message begins; 0 where none."""
    _taken: dict[int, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    @property
    def words(self) -> Array:
        """The store's words."""
        return self.events.words

    @cached_property
    def row(self) -> Array:
        """Event rows."""
        return np.asarray(self.events.row[self.at])

    @cached_property
    def whole(self) -> Array:
        """Mask: the right size, and captured to the end."""
        return np.asarray((self.size == self.dialect.size) & (self.kept >= self.dialect.size))

    @cached_property
    def front(self) -> Array:
        """uint32[n, k]: each message's words up to EXPORT's private data."""
        return gather(self.words, self.base, self.dialect.op_offset // 4 + place_of("private"))

    @cached_property
    def room(self) -> Array:
        """Device-writable bytes of each message's chain."""
        return np.asarray(self.events.writable[self.at])

    @cached_property
    def command(self) -> Array:
        """uint32[n]: the command word, 0xffffffff where it was not captured."""
        word = self.front[:, self.dialect.cmd_offset // 4]
        return np.where(self.kept >= self.dialect.op_offset, word, np.uint32(0xFFFFFFFF))

    @cached_property
    def op(self) -> Array:
        """uint8[n]: what the command means (layout.Op), UNKNOWN where the dialect has no such number."""
        result = np.zeros(len(self), np.uint8)
        for number, command in self.dialect.commands.items():
            result[self.command == number] = command.op
        return result

    def is_op(self, op: Op) -> Array:
        """Mask of whole messages that mean `op`."""
        return np.asarray((self.op == op) & self.whole)

    def told(self, op: Op) -> Array:
        """Mask of those whose bytes may be believed: what is followed from message to message."""
        return np.asarray(self.is_op(op) & ~self.torn)

    @cached_property
    def wrong_sender(self) -> Array:
        """Mask: the dialect does not let this side send this command."""
        result = np.zeros(len(self), bool)
        for number, command in self.dialect.commands.items():
            if command.request is Sender.BOTH or command.answered:
                continue
            result |= (self.command == number) & (self.from_device != (command.request is Sender.DEVICE))
        return result

    def word(self, path: str) -> Array:
        """uint32[n]: the word of `op` where EXPORT's field `path` begins; 0 where it was not captured."""
        return self._word(place_of(path))

    def word_after(self, path: str) -> Array:
        """uint32[n]: the word behind the one where `path` begins (the high half of a 64-bit field)."""
        return self._word(place_of(path) + 1)

    def _word(self, place: int) -> Array:
        if place not in self._taken:
            at = self.dialect.op_offset // 4 + place
            self._taken[place] = np.where(self.kept >= 4 * (at + 1), self.front[:, at], np.uint32(0))
        return self._taken[place]

    @cached_property
    def name(self) -> Array:
        """uint64[n]: the 64-bit `id`."""
        return np.asarray(self.word("id.low") | self.word("id.high").astype(np.uint64) << np.uint64(32))

    @cached_property
    def key(self) -> Array:
        """uint64[n]: the random key."""
        return np.asarray(self.word("id.key") | self.word_after("id.key").astype(np.uint64) << np.uint64(32))

    @cached_property
    def vmid(self) -> Array:
        """uint32[n]: the VM half of the ID."""
        return np.where(self.vm_first, self.word("id.low"), self.word("id.high"))

    @cached_property
    def counter(self) -> Array:
        """uint32[n]: the counter half of the ID."""
        return np.where(self.vm_first, self.word("id.high"), self.word("id.low"))

    @cached_property
    def complete(self) -> Array:
        """Mask: nothing was missed on the message's queue before it."""
        return np.asarray(self.events.complete[self.at])

    @cached_property
    def stale(self) -> Array:
        """Mask: bytes that prove nothing."""
        return np.asarray(self.events.stale[self.at])

    @cached_property
    def torn(self) -> Array:
        """Mask: bytes read too late. Those of a past that nobody saw are not meant: they are all there is of it."""
        late = self.stale & ~self.events.presumed[self.at]
        return np.asarray(late | self._unseen if self.dialect.in_place else late)

    @property
    def _unseen(self) -> Array:
        """Mask: requests in place that their answer had overwritten; a VM ID's request its answer tells."""
        chain = self.events.chain[self.at]
        asked = np.isin(chain, chain[self.is_op(Op.NEED_VMID) & self.from_device])
        return np.asarray(~self.from_device & (self.kept == 0) & (self.size > 0) & ~asked)

    def set_from(self, mask: Array, first: int) -> Array:
        """Mask: those of `mask` with any bit set in `op` from word `first` on."""
        result = np.zeros(len(self), bool)
        at = np.flatnonzero(mask)
        rest = gather(self.words, self.base[at] + self.dialect.op_offset // 4 + first, OP_WORDS - first)
        result[at] = rest.any(axis=1)
        return result


def messages_of(events: Events, dialect: Dialect) -> Messages:
    """The messages among one device's events: where each queue's role and the dialect say that one stands.

    Driver to device at AVAILABLE in the readable bytes, device to driver at USED in the written ones; in the
    one-queue dialects both are in the writable bytes.
    """
    available, used = events.of(EventKind.AVAILABLE), events.of(EventKind.USED)
    if dialect.in_place:
        at = np.flatnonzero((available | (used & (events.used_len > 0))) & (events.queue == 0))
        from_device = used[at]
        start = events.tail[at]
        kept = events.writable_kept[at]
        size = np.where(from_device, events.used_len[at], events.writable[at])
    else:
        sends = available & (events.queue == SEND)
        at = np.flatnonzero(sends | (used & (events.queue == RECV)))
        from_device = used[at]
        start = np.where(from_device, events.tail[at], events.data[at])
        kept = np.where(from_device, events.writable_kept[at], events.readable_kept[at])
        size = np.where(from_device, events.used_len[at], events.readable[at])
    kept = np.minimum(kept, size).astype(np.int64)
    return Messages(dialect, events, at, (start >> 2).astype(np.int64), size.astype(np.int64), kept, from_device)
