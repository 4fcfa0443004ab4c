"""Many messages at a time: the rows of `MessagesView.make`, read from the mapped bytes without construct."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.protocols.declared.decode import decode
from vdmabuf_inspect.protocols.declared.decode import json_fields as json_of_fields
from vdmabuf_inspect.protocols.declared.protocol import Protocol
from vdmabuf_inspect.protocols.layout import Span, spans_of
from vdmabuf_inspect.protocols.numbers import command_names
from vdmabuf_inspect.protocols.vdmabuf.declarations import PICTURE
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import PRIVATE_ROOM, Op
from vdmabuf_inspect.protocols.vdmabuf.private import DECODERS, decoder_of
from vdmabuf_inspect.session.session import FROM_DEVICE, Session
from vdmabuf_inspect.track.events import events_of
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.decode import PRIVATE, json_fields
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER, buffer_name
from vdmabuf_inspect.views.reading import declared_device, dialect_of, remarks

_REMARKED = EventFlag.SHORTENED | EventFlag.STALE
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
ADDRESSES = frozenset({"reference"})
"""Fields that are written as hex."""
_PICTURE = Struct("<" + "".join("4s" if span.path == "fourcc" else _CODES[span.size] for span in spans_of(PICTURE)))
_PICTURE_NAMES = tuple(span.path for span in spans_of(PICTURE))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the JSON fields of one kind of message; `form` begins at the message's first byte."""

    names: tuple[str, ...]
    form: Struct
    addresses: tuple[str, ...]
    picture: int
    """Where the private data stands when it may describe a picture, else -1."""

    def has_private(self, data: memoryview, at: int) -> bool:
        """Whether private data follows that a decoder recognises."""
        begin = at + self.picture
        if self.picture < 0 or not DECODERS:
            return False
        size = int.from_bytes(data[begin - 4 : begin], "little")
        return decoder_of(bytes(data[begin : begin + min(size, PRIVATE_ROOM)])) is not None

    def read(self, data: memoryview, at: int) -> dict[str, Any]:
        """The fields of the whole message at byte `at`."""
        fields: dict[str, Any] = dict(zip(self.names, self.form.unpack_from(data, at), strict=True))
        for name in self.addresses:
            fields[name] = hex(fields[name])
        if self.picture >= 0 and fields["private_size"] >= _PICTURE.size:
            fields["private"] = _picture(data, at + self.picture)
        return fields


@dataclass(frozen=True, slots=True)
class Tongue:
    """A dialect as far as reading wants it: the size of a message, where its command stands, a reader for each."""

    dialect: Dialect
    size: int
    command: int
    readers: Mapping[int, Reader]
    other: Reader

    def read(self, data: memoryview, at: int, kept: int, _op: int, _from_device: bool, _size: int) -> dict[str, Any]:
        """The fields of the message of which `kept` bytes begin at `at`."""
        begin = at + self.command
        number = int.from_bytes(data[begin : begin + 4], "little")
        reader = self.readers.get(number, self.other)
        if kept < self.size or reader.has_private(data, at):
            return json_fields(self.dialect, bytes(data[at : at + kept]))
        return reader.read(data, at)


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared protocol: its messages are read one by one."""

    protocol: Protocol

    def read(self, data: memoryview, at: int, kept: int, op: int, from_device: bool, size: int) -> dict[str, Any]:
        """The fields of the message of which `kept` bytes begin at `at`."""
        return json_of_fields(decode(self.protocol.command(op), bytes(data[at : at + kept]), from_device, size))


@cache
def tongue(name: str) -> Tongue:
    """The dialect of this name."""
    dialect = DIALECTS[name]
    readers = {number: _reader(dialect, command.op) for number, command in dialect.commands.items()}
    return Tongue(dialect, dialect.size, dialect.cmd_offset, readers, _reader(dialect, Op.UNKNOWN))


def body_spans(dialect: Dialect, op: Op) -> tuple[Span, ...]:
    """The numbers in the body of a command that lists and JSON show."""
    body = (span for span in dialect.spans(op) if span.path.startswith("op.") and ".id." not in span.path)
    return tuple(span for span in body if not span.path.endswith((".private", ".rest", ".op")))


def picture_at(dialect: Dialect, op: Op) -> int:
    """Where the private data stands that may describe a picture, -1 where there is none."""
    return next((span.offset for span in dialect.spans(op) if span.path == PRIVATE and op is Op.EXPORT), -1)


def _reader(dialect: Dialect, op: Op) -> Reader:
    names, form, end = [], "<", 0
    for span in body_spans(dialect, op):
        form += f"{span.offset - end}x{_CODES[span.size]}"
        end = span.offset + span.size
        names.append(span.path.rpartition(".")[2])
    return Reader(tuple(names), Struct(form), tuple(n for n in names if n in ADDRESSES), picture_at(dialect, op))


class Placed(NamedTuple):
    """Messages as columns. `at`, `kept`: where in the store their bytes begin, and how many there are."""

    rows: Array
    time_ns: Array
    qid: Array
    from_device: Array
    op: Array
    object: Array
    size: Array
    at: Array
    kept: Array
    flags: Array

    @property
    def remarked(self) -> Array:
        """Mask: those of which something is said beside their fields."""
        return np.asarray((self.flags & _REMARKED) != 0)


def placed(session: Session, index: Array) -> Placed:
    """These rows (int64[n]) of the message log."""
    store, log = session.store, session.messages
    assert store is not None
    rows = log.row[index]
    offset, time_ns = session.events.offset[rows], session.events.time_ns[rows]
    events = events_of(store.words, 0, time_ns, offset, _captured(store.words, offset))
    from_device = (log.flags[index] & FROM_DEVICE) != 0
    used = events.of(EventKind.USED)
    in_place = _in_place(session, session.events.qid[rows])
    written = used | in_place
    kept = np.where(written, events.writable_kept, events.readable_kept)
    size = np.where(from_device, events.used_len, np.where(in_place, events.writable, events.readable))
    return Placed(
        rows, time_ns, session.events.qid[rows], from_device, log.op[index], log.object[index], size,
        np.where(written, events.tail, events.data), np.where(used, np.minimum(kept, events.used_len), kept),
        events.flags,
    )  # fmt: skip


def message_rows(session: Session, index: Array) -> Iterator[Row]:
    """A row for each of these rows (int64[n]) of the message log."""
    if session.store is None or not len(index):
        return
    columns = placed(session, index)
    make = _maker(session, session.store.data, columns.rows)
    yield from map(make, *(column.tolist() for column in columns))


def _maker(session: Session, data: memoryview, rows: Array) -> Callable[..., Row]:
    found = evidence(session)
    judged = found.rows
    low, high = np.searchsorted(judged, [rows[0], rows[-1] + 1])
    told = set(judged[low:high].tolist())
    queues = [queue.name for queue in session.queues.queues]
    names: dict[int, str | None] = {-1: None}
    commands = command_names()
    tongues: dict[int, Tongue | Declared] = {}

    def make(
        row: int, time_ns: int, qid: int, from_device: bool, op: int, number: int, size: int, at: int, kept: int,
        flags: int,
    ) -> Row:  # fmt: skip
        if number not in names:
            names[number] = buffer_name(session, number)
        if qid not in tongues:
            tongues[qid] = _tongue_at(session, row)
        fields = tongues[qid].read(data, at, kept, op, from_device, size)
        if flags & _REMARKED:
            fields |= remarks(flags, kept, size)
        return {
            "seq": row + 1,
            "time_ns": time_ns,
            "queue": queues[qid],
            "direction": TO_DRIVER if from_device else TO_DEVICE,
            "command": commands[op],
            "buffer": names[number],
            "size": size,
            "fields": fields,
            "findings": found.codes(row) if row in told else [],
        }

    return make


def _tongue_at(session: Session, row: int) -> Tongue | Declared:
    """What an event's device speaks."""
    device = declared_device(session, row)
    return Declared(device.protocol) if device else tongue(dialect_of(session, row).name)


def _picture(data: memoryview, at: int) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(_PICTURE_NAMES, _PICTURE.unpack_from(data, at), strict=True))
    values["fourcc"] = values["fourcc"].decode("latin-1").rstrip("\0")
    return values


def _captured(words: Array, offset: Array) -> Array:
    """uint32[n]: captured bytes of the records at these offsets; the word's byte order is its section's."""
    word = words.take((offset >> 2) - 2, mode="clip")
    return np.minimum(word, word.byteswap())


def _in_place(session: Session, qid: Array) -> Array:
    """Mask: events of devices that answer in the request's own buffer."""
    table = np.zeros(len(session.queues.queues), bool)
    for queue in session.queues.queues:
        device = session.vdmabuf.get(queue.device)
        table[queue.qid] = bool(device and device.dialect and device.dialect.in_place)
    return np.asarray(table[qid])
