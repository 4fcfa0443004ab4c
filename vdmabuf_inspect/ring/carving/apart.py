"""Split rings whose parts were allocated one by one: which available ring, used ring and table belong together.

Each part begins a page, or the available ring follows the table. The two rings tell of the same heads; the table is
one of those near them.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.carving.pages import LEAST_SIZE, PAGE, Suspects
from vdmabuf_inspect.ring.carving.split import ELEMENT, Place
from vdmabuf_inspect.ring.layout import MAX_SIZE

_MOST_RINGS = 1 << 10
"""Pages of either kind that are paired; memory that has more is made to look so."""
_MOST_PAIRS = 32
_NEAREST = 16
"""Available rings on either side of a used ring that are compared with it."""
_TABLES = 128
"""Tables that are tried for a pair, the nearest."""
_LATE = 4
"""Entries that are compared before everything is."""


@dataclass(frozen=True)
class _Page:
    """A page that may begin with a ring: its index, and the entries behind."""

    gpa: int
    idx: int
    entries: NDArray[Any]


def places(memory: Memory, found: Suspects) -> Iterator[Place]:
    """Places to judge, whose parts do not follow each other."""
    used = [_page(memory, gpa, ELEMENT) for gpa in found.used[:_MOST_RINGS].tolist()]
    for desc, sizes in zip(found.tables.tolist(), found.sizes.tolist(), strict=True):
        yield from _used_apart(memory, desc, sizes, used)
    available = [_page(memory, gpa, np.dtype("<u2")) for gpa in found.available[:_MOST_RINGS].tolist()]
    for number, (a, u) in enumerate(_pairs(available, used)):
        if number == _MOST_PAIRS:
            return
        near = found.tables[_nearest(found.tables, a.gpa)].tolist()
        tables = [desc for desc in near if desc not in (a.gpa, u.gpa) and _holds(memory, desc, a)]
        yield from (Place(size, desc, a.gpa, u.gpa) for size in _sizes(a, u) for desc in tables)


def _nearest(tables: NDArray[Any], gpa: int) -> slice:
    """The tables (ascending addresses) around an address."""
    at = int(np.searchsorted(tables, gpa))
    return slice(max(at - _TABLES // 2, 0), at + _TABLES // 2)


def _holds(memory: Memory, desc: int, a: _Page) -> bool:
    """Whether the table has descriptors under the heads that the ring's first entries name."""
    heads = a.entries[: min(a.idx, _LATE)].tolist()
    lengths = [memory.read_some(desc + 16 * head + 8, 4) for head in heads]
    return all(any(each) for each in lengths)


def _page(memory: Memory, gpa: int, entry: np.dtype[Any]) -> _Page:
    data = memory.read_some(gpa, PAGE)
    entries = np.frombuffer(data, entry, max(len(data) - 4, 0) // entry.itemsize, min(4, len(data)))
    return _Page(gpa, int.from_bytes(data[2:4], "little"), entries)


def _used_apart(memory: Memory, desc: int, sizes: int, used: list[_Page]) -> Iterator[Place]:
    """Table and available ring in one block, the used ring somewhere else."""
    for bit in range(LEAST_SIZE.bit_length() - 1, MAX_SIZE.bit_length()):
        if not sizes >> bit & 1:
            continue
        avail = desc + (16 << bit)
        header = memory.read_some(avail, 4)
        if len(header) < 4 or header[0] > 1 or header[1]:
            continue
        idx = int.from_bytes(header[2:], "little")
        yield from (Place(1 << bit, desc, avail, u.gpa) for u in used if (idx - u.idx) & 0xFFFF <= 1 << bit)


def _pairs(available: list[_Page], used: list[_Page]) -> Iterator[tuple[_Page, _Page]]:
    """Rings whose indices and heads agree, of those that lie nearest to each other."""
    places = [a.gpa for a in available]
    for u in used:
        at = bisect(places, u.gpa)
        for a in available[max(at - _NEAREST, 0) : at + _NEAREST]:
            near = a.gpa != u.gpa and (a.idx - u.idx) & 0xFFFF <= MAX_SIZE
            if near and any(True for _ in _sizes(a, u)):
                yield a, u


def _sizes(a: _Page, u: _Page) -> Iterator[int]:
    """Sizes for which the latest used entries return heads that the available entries offer, not all of them 0.

    Nothing may be written behind an index that is below the size: that is seldom so, and often so in other data.
    """
    for size in (8, 16, 32, 64, 128, 256):
        if (a.idx - u.idx) & 0xFFFF > size or size > len(u.entries):
            continue
        late = [(u.idx - 1 - i) % size for i in range(min(_LATE, u.idx, size))]
        heads, ids = a.entries[:size], u.entries["id"]
        sound = heads.any() and (heads < size).all() and (ids[:size] < size).all()
        if sound and not heads[a.idx :].any() and not ids[u.idx : size].any() and all(ids[i] in heads for i in late):
            yield size
