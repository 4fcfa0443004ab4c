"""A batch of a declared protocol's messages as columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.declared.protocol import Command, Protocol
from vdmabuf_inspect.track.events import Events, gather

NOTHING = np.empty(0, np.int64)


@dataclass(eq=False, repr=False)
class Messages:
    """n messages of one device. Sizes are bytes; `base` is the word index of the first byte in the store.

    A request stands in the readable bytes of a chain made available, an answer (or what a device sends unasked)
    in the bytes it wrote. `command` is the place in `protocol.commands`, -1 for an unknown one; an answer has its
    request's. What tracking finds is filled in later: `name`, `object`, `before`, `created`, `presumed`.
    """

    protocol: Protocol
    events: Events
    at: Array
    base: Array
    size: Array
    kept: Array
    from_device: Array
    command: Array
    features: int = 0
    """Those that the driver acknowledged."""
    asked: Array = field(default_factory=lambda: np.empty(0, bool))
    """Answers whose chain has a request; messages that nobody asked for are not among them."""
    name: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    """The object's number, where the command names one."""
    key: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    """Its second number, 0 where the protocol's objects have one only."""
    named: Array = field(default_factory=lambda: np.empty(0, bool))
    object: Array = field(default_factory=lambda: np.empty(0, np.int32))
    before: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    """The object's state before, as the protocol's lifecycle numbers them."""
    created: Array = field(default_factory=lambda: np.empty(0, bool))
    presumed: Array = field(default_factory=lambda: np.empty(0, bool))
    notes: dict[str, Array] = field(default_factory=dict)
    """Columns that the protocol's follower left for its rules, by name."""

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def row(self) -> Array:
        """Event rows."""
        return np.asarray(self.events.row[self.at])

    @cached_property
    def op(self) -> Array:
        """uint16[n]: the commands under the numbering of all protocols, 0 for unknown ones."""
        return np.where(self.command >= 0, self.command + self.protocol.first, 0).astype(np.uint16)

    @cached_property
    def complete(self) -> Array:
        """Mask: nothing was missed on the device before it, and nothing read too late that could have mattered."""
        return np.asarray(self.events.complete[self.at])

    @cached_property
    def stale(self) -> Array:
        """Mask: bytes that prove nothing."""
        return np.asarray(self.events.stale[self.at])

    @property
    def unread(self) -> Array:
        """Mask: read too late, though seen: not even what it was is known."""
        return np.asarray(self.stale & ~self.events.presumed[self.at])

    @cached_property
    def whole(self) -> Array:
        """Mask: as long as the command's layout, and captured that far."""
        return np.asarray((self.size >= self._least) & (self.kept >= self._least) & (self.command >= 0))

    @cached_property
    def short(self) -> Array:
        """Mask: shorter on the wire than the command's layout."""
        return np.asarray((self.size < self._least) & (self.command >= 0))

    @cached_property
    def freed(self) -> Array:
        """Mask: requests that came back within the look at them, so that the driver may have freed their memory."""
        back = self.events.returned
        seen = dict(zip(self.events.chain[back].tolist(), self.events.time_ns[back].tolist(), strict=True))
        pairs = zip(self.events.chain[self.at].tolist(), self.events.time_ns[self.at].tolist(), strict=True)
        at_once = np.fromiter((seen.get(chain) == time for chain, time in pairs), bool, len(self))
        return np.asarray(self.requests & at_once)

    @cached_property
    def room(self) -> Array:
        """int64[n]: bytes of the message's chain that the device may write."""
        return np.asarray(self.events.writable[self.at].astype(np.int64))

    @property
    def requests(self) -> Array:
        """Mask: driver to device."""
        return ~self.from_device

    @cached_property
    def good(self) -> Array:
        """Mask: answers that say it went well."""
        return np.asarray(self.protocol.good(self) & self.from_device)

    def told(self, *names: str) -> Array:
        """Mask of the messages (requests and answers) of these commands whose bytes may be believed."""
        wanted = [place for place, command in enumerate(self.protocol.commands) if command.name in names]
        return np.asarray(np.isin(self.command, wanted) & ~self.unread)

    def has(self, path: str) -> Array:
        """Mask: the message's layout has the field `path`, and it was captured."""
        return self._column(path)[1]

    def column(self, path: str) -> Array:
        """int64[n]: the integer field `path` of every message that has it, 0 elsewhere; 64-bit fields wrap."""
        return self._column(path)[0]

    def first(self, size: int) -> Array:
        """int64[n]: the first `size` bytes (up to 8) as a little-endian number, -1 where they were not captured."""
        return self.number(0, size)

    def last(self, size: int) -> Array:
        """int64[n]: the last `size` bytes (up to 8) as a little-endian number, -1 where they were not captured."""
        there = (self.size >= size) & (self.kept >= self.size)
        start = np.maximum(self.size - size, 0)
        return np.where(there, self._take(np.arange(len(self)), start, size, "<"), -1)

    def number(self, offset: Array | int, size: int, big: bool = False) -> Array:
        """int64[n]: the number of `size` bytes (up to 8) at byte `offset` of each message, -1 where not captured.

        `big`: the most significant byte comes first, as in the headers of networks.
        """
        start = np.broadcast_to(np.asarray(offset, np.int64), len(self))
        there = self.kept >= start + size
        found = self._take(np.arange(len(self)), np.where(there, start, 0), size, ">" if big else "<")
        return np.where(there, found, -1)

    def data(self, index: int) -> bytes:
        """One message's bytes, as far as they were captured."""
        base, size = int(self.base[index]), int(self.kept[index])
        return self.events.words[base : base + (size + 3) // 4].tobytes()[:size]

    @property
    def _least(self) -> Array:
        least = np.zeros(len(self), np.int64)
        for command, layout, rows in self._layouts():
            least[rows] = _size(layout) + _size(command.trailer) * self.from_device[rows]
        return least

    def _layouts(self, path: str = "") -> Iterator[tuple[Command, Any, Array]]:
        """Every layout that occurs, and the messages that have it; only what has the field `path`, where that is given.

        Commands of whose answers one has it are given with all.
        """
        for place in (np.flatnonzero(np.bincount(self.command + 1)[1:]) if len(self) else NOTHING).tolist():
            command = self.protocol.commands[place]
            mine = self.command == place
            if not path or _has(command.request, path):
                yield command, command.request, np.flatnonzero(mine & ~self.from_device)
            others = command.answers.layouts.values() if command.answers else ()
            if not path or any(_has(layout, path) for layout in (command.answer, *others)):
                yield from self._answers(command, np.flatnonzero(mine & self.from_device))

    def _answers(self, command: Command, rows: Array) -> Iterator[tuple[Command, Any, Array]]:
        """The same of one command's answers."""
        if command.answers is not None:
            place = command.answers.place
            there = self.kept[rows] >= place.offset + place.size
            said = np.where(there, self._take(rows, np.full(len(rows), place.offset), place.size, "<"), -1)
            for number, layout in command.answers.layouts.items():
                yield command, layout, rows[said == number]
            rows = rows[~np.isin(said, list(command.answers.layouts))]
        yield command, command.answer, rows

    def _column(self, path: str) -> tuple[Array, Array]:
        value, there = np.zeros(len(self), np.int64), np.zeros(len(self), bool)
        for _, layout, rows in self._layouts(path):
            found = _places(layout).get(path) if layout is not None else None
            if found is None or not len(rows):
                continue
            offset, size, order, signed = found
            mine = rows[self.kept[rows] >= offset + size]
            number = self._take(mine, np.full(len(mine), offset), size, order)
            half = 1 << (8 * size - 1)
            value[mine] = (number ^ half) - half if signed and size < 8 else number
            there[mine] = True
        return value, there

    def _take(self, rows: Array, offset: Array, size: int, order: str) -> Array:
        """int64[k]: the number of `size` bytes at byte `offset` of each of these messages."""
        words = gather(self.events.words, self.base[rows] + (offset >> 2), 3)
        octets = np.ascontiguousarray(words).view(np.uint8).reshape(len(rows), 12)
        columns = (offset & 3)[:, None] + np.arange(size)
        wide = np.zeros((len(rows), 8), np.uint8)
        taken = np.take_along_axis(octets, columns, axis=1)
        wide[:, :size] = taken if order == "<" else taken[:, ::-1]
        return np.asarray(wide.view("<i8").reshape(len(rows)))


@cache
def _places(layout: Any) -> dict[str, tuple[int, int, str, bool]]:
    """(offset, size, byte order, whether it is signed) of every integer field of a layout, by path."""
    from construct import FormatField

    from vdmabuf_inspect.protocols.layout import leaves_of

    return {
        span.path: (span.offset, span.size, ">" if leaf.fmtstr[0] == ">" else "<", leaf.fmtstr[1].islower())
        for span, leaf in leaves_of(layout)
        if isinstance(leaf, FormatField)
    }


def _has(layout: Any, path: str) -> bool:
    return layout is not None and path in _places(layout)


def _size(layout: Any) -> int:
    return 0 if layout is None else int(layout.sizeof())
