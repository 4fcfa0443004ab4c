"""Fields that lie in the message bytes, gathered for many event rows at once through the protocol's own decoder."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.layout import spans_of
from vdmabuf_inspect.protocols.vdmabuf.declarations import EXPORT, PICTURE
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE, PRIVATE_ROOM, Op
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages, messages_of
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.events import Events, events_of, gather
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.rows import event_column

Pick = Callable[[Messages], Array]
_PLACE = {s.path: s for s in spans_of(EXPORT)} | {
    s.path: s for s in spans_of(PICTURE, "private", sum(p.sizeof() for p in EXPORT.subcons[:-1]))
}
_BLOCK = 1 << 14
"""Rows whose private data is in memory at a time."""


class Wire:
    """The messages of events `rows` (int64[n], negative for none)."""

    def __init__(self, session: Session, rows: Array) -> None:
        self.session = session
        self.rows = rows

    @cached_property
    def parts(self) -> list[tuple[Array, Messages]]:
        """Places in `rows` and their messages, in each dialect that is spoken."""
        places = np.flatnonzero(self.rows >= 0)
        numbers = self.session.queues.device[event_column(self.session, "qid", self.rows[places])]
        found = []
        for number in np.unique(numbers):
            if int(number) in self.session.devices and int(number) not in self.session.vdmabuf:
                continue
            mine = places[numbers == number]
            messages = messages_of(self._events(mine), self._dialect(int(number)))
            found.append((mine[messages.at], messages))
        return found

    def gather(self, pick: Pick, there: Pick, dtype: Any) -> Values:
        """A column of what `pick` finds in the messages where `there` holds."""
        data, present = np.zeros(len(self.rows), dtype), np.zeros(len(self.rows), bool)
        for places, messages in self.parts:
            data[places] = pick(messages)
            present[places] = there(messages)
        return Values(data, present)

    def export_word(self, path: str, dtype: Any = np.uint32) -> Values:
        """A field of EXPORT by its path, of the exports that were captured so far; 64 bits wide where it is."""
        span = _PLACE[path]
        return self.gather(lambda m: _number(m, span.offset, span.size), lambda m: _has(m, path), dtype)

    def extent(self) -> Values:
        """int64[n]: bytes of the buffer that an EXPORT describes, 0 where it names no page."""
        return self.gather(_extent, lambda m: _has(m, "last_length"), np.int64)

    def private(self) -> Values:
        """Texts: the private data of exports, a character a byte."""
        codes: dict[bytes, int] = {}
        data, present = np.zeros(len(self.rows), np.int64), np.zeros(len(self.rows), bool)
        for start in range(0, len(self.rows), _BLOCK):
            for places, messages in Wire(self.session, self.rows[start : start + _BLOCK]).parts:
                blobs = _blobs(messages).tolist()
                data[start + places] = [codes.setdefault(blob, len(codes)) for blob in blobs]
                present[start + places] = _has(messages, "private_size")
        return Values(data, present, [_text(blob) for blob in codes])

    def fourcc(self) -> Values:
        """Texts: the DRM format of exports whose private data is as long as a picture's."""
        found = self.export_word("private.fourcc", "<u4")
        known, codes = np.unique(found.data, return_inverse=True)
        return Values(codes, found.present, [_text(k.tobytes()) for k in known])

    def _events(self, places: Array) -> Events:
        session, rows = self.session, self.rows[places]
        assert session.store is not None
        offset = event_column(session, "offset", rows)
        kept = session.store.words.take((offset >> 2) - 2, mode="clip")
        size = np.minimum(kept, kept.byteswap())  # in its section's byte order, and the other is the larger
        return events_of(session.store.words, 0, event_column(session, "time_ns", rows), offset, size)

    def _dialect(self, device: int) -> Dialect:
        known = self.session.vdmabuf.get(device)
        return (known.dialect if known else None) or DEFAULT


def _text(data: bytes) -> tuple[str, ...]:
    return (data.decode("latin-1").rstrip("\0"),)


def _word(messages: Messages, offset: int) -> Array:
    at = messages.base + (messages.dialect.op_offset + offset) // 4
    return messages.words.take(at, mode="clip")


def _number(messages: Messages, offset: int, size: int) -> Array:
    low = _word(messages, offset)
    return low if size == 4 else low | _word(messages, offset + 4).astype(np.uint64) << np.uint64(32)


def _has(messages: Messages, path: str) -> Array:
    """Mask: exports captured as far as a field's end; of a picture's fields only where the private data is one."""
    span = _PLACE[path]
    mask = messages.op == Op.EXPORT
    mask &= messages.kept >= messages.dialect.op_offset + span.offset + span.size
    if path.startswith("private."):
        mask &= messages.word("private_size") >= PICTURE.sizeof()
    return np.asarray(mask)


def _extent(messages: Messages) -> Array:
    pages, first, last = (
        messages.word(path).view(np.int32).astype(np.int64) for path in ("pages", "first_offset", "last_length")
    )
    return np.where(pages > 0, (pages - 1) * PAGE_SIZE - first + last, 0)


def _blobs(messages: Messages) -> Array:
    """S216[n]: as much private data as the size word says and was captured."""
    begin = _PLACE["private_size"].offset + 4
    room = gather(messages.words, messages.base + (messages.dialect.op_offset + begin) // 4, PRIVATE_ROOM // 4)
    data = np.ascontiguousarray(room).view(np.uint8)
    kept = np.maximum(messages.kept - messages.dialect.op_offset - begin, 0)
    length = np.minimum(kept, messages.word("private_size"))
    data = np.where(np.arange(PRIVATE_ROOM) < length[:, None], data, np.uint8(0))
    return np.ascontiguousarray(data).view(f"S{PRIVATE_ROOM}")[:, 0]
