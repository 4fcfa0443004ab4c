"""What the fields of each kind of message can say: names that are always there, numbers that are in the bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from construct import Enum, FlagsEnum

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.declared.protocol import Command
from vdmabuf_inspect.protocols.layout import Span, spans_of
from vdmabuf_inspect.protocols.vdmabuf.declarations import PICTURE
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.private import DECODERS
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.message_rows import ADDRESSES, Placed, body_spans, picture_at
from vdmabuf_inspect.views.reading import KEPT, STALE, declared_device, dialect_of

_NUMBER = re.compile(r"[0-9a-fx-]+")
_DECIMAL = re.compile(r"[0-9]+")
_REMARKS = f"{KEPT} {STALE} yes"
_ALWAYS = ("yes", "unknown", "none", "payload", "bytes")
"""Words that a message of any declared protocol may have among its fields."""


@dataclass(frozen=True)
class Kind:
    """What messages of one kind say. `words`: names, without digits. `numbers`: where the numbers stand.

    `loose`: numbers also elsewhere. `free`: anything, as a plugin reads it.
    """

    words: str
    numbers: tuple[Span, ...] = ()
    loose: bool = False
    free: bool = False


class Vocabulary:
    """Which messages may have a piece of text in the name or the number of a field; texts are in their bytes."""

    def __init__(self, text: str) -> None:
        """text: in lower case, without blanks and equals signs."""
        self._text = text
        self._bare = _DECIMAL.sub("", text)
        self._number = _NUMBER.fullmatch(text) is not None
        self._decimal = _DECIMAL.fullmatch(text) is not None

    def mask(self, session: Session, placed: Placed) -> Array:
        """Mask: those of the messages that may have it."""
        mask = placed.remarked & (self._number or self._text in _REMARKS)
        if not self._text.isascii():
            return ~np.zeros(len(mask), bool)
        keys = placed.qid.astype(np.int64) << 17 | placed.op.astype(np.int64) << 1 | placed.from_device
        for key in dict.fromkeys(keys.tolist()):
            mine = np.flatnonzero(keys == key)
            row, op = int(placed.rows[mine[0]]), key >> 1 & 0xFFFF
            mask[mine] |= self._of_kind(session, _kind(session, row, op), placed.at[mine])
        return np.asarray(mask)

    def _of_kind(self, session: Session, kind: Kind, at: Array) -> Array:
        always = kind.free or (kind.loose and self._number) or (self._bare != "" and self._bare in kind.words)
        mask = np.full(len(at), always)
        if always or not self._number:
            return mask
        assert session.store is not None
        for span in kind.numbers:
            address = span.path.rpartition(".")[2] in ADDRESSES
            if address or self._decimal:
                mask |= self._said(_values(session.store.words, at + span.offset, span.size), address)
        return mask

    def _said(self, values: Array, address: bool) -> Array:
        known, places = np.unique(values, return_inverse=True)
        texts = map(hex if address else str, known.tolist())
        return np.fromiter((self._text in text for text in texts), bool, len(known))[places]


def _values(words: Array, at: Array, size: int) -> Array:
    """uint64[n]: the little-endian numbers of 4 or 8 bytes at these bytes of the store."""
    low = words.take(at >> 2, mode="clip").astype(np.uint64)
    return low if size == 4 else low | words.take((at >> 2) + 1, mode="clip").astype(np.uint64) << np.uint64(32)


def _kind(session: Session, row: int, op: int) -> Kind:
    """The kind of the message of an event."""
    device = declared_device(session, row)
    if device is not None:
        return _declared(device.protocol.command(op))
    return _vdmabuf(dialect_of(session, row).name, Op(op), bool(DECODERS))


@cache
def _vdmabuf(name: str, op: Op, decoders: bool) -> Kind:
    dialect = DIALECTS[name]
    numbers = body_spans(dialect, op)
    at = picture_at(dialect, op)
    if at >= 0:
        numbers += tuple(span for span in spans_of(PICTURE, "private", at) if not span.path.endswith("fourcc"))
    words = " ".join([*(span.path.removeprefix("op.") for span in numbers), *["private.fourcc"] * (at >= 0)])
    return Kind(words, numbers, free=decoders and at >= 0)


@cache
def _declared(command: Command | None) -> Kind:
    words = list(_ALWAYS)
    if command is not None:
        others = command.answers.layouts.values() if command.answers else ()
        words.append(command.payload)
        for layout in (command.request, command.answer, command.trailer, *others):
            words += _names(layout)
        for part in (each for listed in (command.entries, command.answer_entries) for each in listed or ()):
            words.append(part.data)
            for layout in (part.layout, *part.kinds.values()):
                words += _names(layout, f"{part.name}[]" if part.name else "")
    return Kind(_DECIMAL.sub("", " ".join(words)).casefold(), loose=True)


def _names(layout: Any, path: str = "") -> Iterator[str]:
    """The dotted paths in a layout, and the names of what its numbers mean."""
    yield path
    if isinstance(layout, (Enum, FlagsEnum)):
        yield from map(str, layout.encmapping if isinstance(layout, Enum) else layout.flags)
    for part in getattr(layout, "subcons", ()):
        yield from _names(part, f"{path}.{part.name}" if path else str(part.name))
    if hasattr(layout, "subcon"):
        yield from _names(layout.subcon, path)
