"""Searching a recording for a text, bytes or an address, a stretch at a time, forwards or backwards from an event."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Row, plain
from vdmabuf_inspect.views.messages import MessagesView

_PAIRS = re.compile(r"[0-9a-fA-F]{2}( [0-9a-fA-F]{2})+")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_STRETCH = 4096
"""Events looked at between two yields."""
Fits = Callable[[Session, int, int], Iterator[int]]
"""The event rows of a stretch (from, to) that fit."""


@dataclass(frozen=True)
class Search:
    """What is looked for. `fits` may yield a row twice, in any order."""

    text: str
    fits: Fits

    def walk(self, session: Session, seq: int, step: int, end: int) -> Iterator[tuple[float, int | None]]:
        """(how much was looked at, 0 to 1; the nearest fitting event after or before `seq`, None so far).

        It ends with the first that is found; `end`: the last sequence number that counts.
        """
        ways = _forwards(seq, end) if step > 0 else _backwards(seq)
        total = max(1, end - seq if step > 0 else seq)
        for low, high in ways:
            found = [row for row in self.fits(session, low, high) if low <= row < high]
            if found:
                yield 1.0, (min(found) if step > 0 else max(found)) + 1
                return
            yield min(1.0, (high - seq if step > 0 else seq - low) / total), None


def search(text: str) -> Search:
    """What the text asks for: pairs of hex digits with blanks between are bytes as they stand in a message; anything
    else is text in the fields or in the bytes, in any case. Raises UsageError for no text.
    """
    text = text.strip()
    if not text:
        raise UsageError("nothing to search for: type a text, or bytes as 58 52 32 34")
    if _PAIRS.fullmatch(text):
        pattern = re.compile(re.escape(bytes.fromhex(text)))
        return Search(text, lambda session, low, high: _bytes(session, low, high, pattern))
    pattern = re.compile(re.escape(text.encode()), re.IGNORECASE)
    folded = text.casefold()
    return Search(text, lambda session, low, high: _text(session, low, high, pattern, folded))


def search_address(text: str) -> Search | None:
    """Events whose descriptors cover a guest-physical address, `0x84000`; None for text that is none."""
    if not _ADDRESS.fullmatch(text):
        return None
    address = int(text, 16)
    return Search(text, lambda session, low, high: _covering(session, low, high, address))


def _forwards(seq: int, end: int) -> Iterator[tuple[int, int]]:
    for low in range(seq, end, _STRETCH):
        yield low, min(low + _STRETCH, end)


def _backwards(seq: int) -> Iterator[tuple[int, int]]:
    for high in range(seq - 1, 0, -_STRETCH):
        yield max(0, high - _STRETCH), high


def _bytes(session: Session, low: int, high: int, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """The capture's bytes are looked through at once; a hit counts where it is in what the guest wrote."""
    assert session.store is not None
    offset = session.events.offset
    begin, end = int(offset[low]), int(offset[high - 1]) + session.record_size(high - 1)
    at = begin
    while (hit := pattern.search(session.store.data, at, end)) is not None:
        row = place(offset, hit.start() + 1) - 1
        record = session.record(row)
        if any(pattern.search(part) for part in (record.readable_bytes, record.writable_bytes)):
            yield row
        at = max(hit.start() + 1, int(offset[row]) + session.record_size(row))


def _text(session: Session, low: int, high: int, pattern: re.Pattern[bytes], folded: str) -> Iterator[int]:
    yield from _bytes(session, low, high, pattern)
    view, rows = MessagesView(session), session.messages.row
    for row in view.rows(place(rows, low), place(rows, high)):
        if folded in _said(row):
            yield int(row["seq"]) - 1


def _said(row: Row) -> str:
    """A message's words and fields, as one folded text."""
    words = (plain(row[name]) for name in ("queue", "command", "buffer", "findings"))
    return " ".join([*words, *_leaves(row["fields"])]).casefold()


def _leaves(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}" if name else str(key))
    else:
        yield f"{name}={plain(value)}"


def _covering(session: Session, low: int, high: int, address: int) -> Iterator[int]:
    for row in range(low, high):
        if _covers(session.record(row), address):
            yield row


def _covers(record: Record, address: int) -> bool:
    return any(d.addr <= address < d.addr + d.len for d in record.descriptors)
