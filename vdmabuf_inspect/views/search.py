"""Searching a recording for a text, bytes or an address, a stretch at a time, forwards or backwards from an event.

Each stretch is looked through at once for events that may fit; only those are read one by one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.record import DESCRIPTOR, HEADER
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.occurrence import occurrence
from vdmabuf_inspect.views.spelling import Spelling

_PAIRS = re.compile(r"[0-9a-fA-F]{2}( [0-9a-fA-F]{2})+")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,16}")
_STRETCH = 1 << 15
"""Events looked at between two yields."""
_HANDFUL = 64
"""Events that are read one by one between two yields."""
Near = Callable[[Session, int, int], Array]
"""int64[k]: rows among events (from, to) that may fit, ascending: all that do, and perhaps some others."""
Fits = Callable[[Session, Array], Iterator[int]]
"""Those of these rows that fit, in their order."""


@dataclass(frozen=True)
class Search:
    """What is looked for."""

    text: str
    near: Near
    fits: Fits

    def walk(self, session: Session, seq: int, step: int, end: int) -> Iterator[tuple[float, int | None]]:
        """(how much was looked at, 0 to 1; the nearest fitting event after or before `seq`, None so far).

        It ends with the first that is found; `end`: the last sequence number that counts.
        """
        ways = _forwards(seq, end) if step > 0 else _backwards(seq)
        total, done = max(1, end - seq if step > 0 else seq), 0
        for low, high in ways:
            rows = self.near(session, low, high)[::step]
            for start in range(0, len(rows), _HANDFUL):
                found = next(iter(self.fits(session, rows[start : start + _HANDFUL])), None)
                if found is not None:
                    yield 1.0, found + 1
                    return
                yield min(1.0, (done + (high - low) * start / len(rows)) / total), None
            done += high - low
            yield min(1.0, done / total), None


def search(text: str) -> Search:
    """What the text asks for: pairs of hex digits with blanks between are bytes as they stand in a message; anything
    else is text in the fields or in the bytes, in any case. Raises UsageError for no text.
    """
    text = text.strip()
    if not text:
        raise UsageError("nothing to search for: type a text, or bytes as 58 52 32 34")
    if _PAIRS.fullmatch(text):
        found = occurrence(bytes.fromhex(text))
        return Search(text, found.near, found.fits)
    spelling = Spelling(text)
    return Search(text, spelling.near, spelling.fits)


def search_address(text: str) -> Search | None:
    """Events whose descriptors cover a guest-physical address, `0x84000`; None for text that is none."""
    if not _ADDRESS.fullmatch(text):
        return None
    address = int(text, 16)
    return Search(text, lambda session, low, high: _covering(session, low, high, address), lambda _, rows: _all(rows))


def _all(rows: Array) -> Iterator[int]:
    return iter(rows.tolist())


def _forwards(seq: int, end: int) -> Iterator[tuple[int, int]]:
    for low in range(seq, end, _STRETCH):
        yield low, min(low + _STRETCH, end)


def _backwards(seq: int) -> Iterator[tuple[int, int]]:
    for high in range(seq - 1, 0, -_STRETCH):
        yield max(0, high - _STRETCH), high


def _covering(session: Session, low: int, high: int, address: int) -> Array:
    """Rows of events of which a descriptor covers the address."""
    assert session.store is not None
    words, covering = session.store.words, np.zeros(high - low, bool)
    rows = np.arange(high - low)
    base = session.events.offset[low:high] >> 2
    held = words.take(base + _DESCRIPTORS // 4, mode="clip") >> 8 * (_DESCRIPTORS % 4) & 0xFFFF
    for number in range(int(held.max()) if len(held) else 0):
        rows = rows[held[rows] > number]
        at = base[rows] + (HEADER.itemsize + number * DESCRIPTOR.itemsize) // 4
        first = words.take(at, mode="clip") | words.take(at + 1, mode="clip").astype(np.uint64) << np.uint64(32)
        behind = np.uint64(address) - first  # wraps around below the first byte
        covering[rows] |= behind < words.take(at + 2, mode="clip")
    return np.flatnonzero(covering) + low


_DESCRIPTORS = int(HEADER.fields["descriptors"][1])  # type: ignore[index]
