"""All of memory, looked at a page at a time for what can be the beginning of a part of a ring.

Only a few words of each page are looked at, as columns over the pages of one piece; what is left is judged by others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import MAX_SIZE

PAGE = 4096
PIECE = 1 << 22
"""Bytes that are read at a time."""
LEAST_SIZE, PAGE_SIZE = 4, PAGE // 16
"""The smallest ring that is looked for, and the size of one whose descriptors fill a page."""
Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]

_FEW = slice(1, 2 * LEAST_SIZE, 2)
_SPLIT_FLAGS = np.uint64(0xFFF8 << 32 | 0x8000 << 48)
"""Bits that are never set behind a split descriptor's address: unknown flags, a next beyond the largest ring."""
_PACKED_FLAGS = np.uint64(0x8000 << 32 | 0x7F78 << 48)
"""The same of a packed one: an ID beyond the largest ring, unknown flags."""
_MARKS = np.uint64(0x8080 << 48)
_LONG = np.uint64(0xFF00_0000)
_MOST_ADDRESS = np.uint64(1 << 56)
_HEADER = np.uint64(0xFFFE)
_INDEX = np.uint64(0xFFFF << 16)
_HEADS, _NEXT_HEADS = np.uint64(0x8000_8000 << 32), np.uint64(0x8000_8000_8000_8000)
_ID_HIGH = np.uint64(0xFFFF_8000 << 32)
_EVENT_FLAGS = np.uint64(0xFFFC_0000)
_LEAST_LENGTH = np.uint64(1 << 32)


@dataclass(frozen=True)
class Suspects:
    """Addresses (int64) of pages by what they may begin with.

    tables: split descriptors; sizes: int64[len(tables)], bit k says that an available ring may follow 2**k of them.
    slots: packed descriptors. available, used: rings on a page of their own. lone: pages of one 32-bit word.
    """

    tables: Numbers
    sizes: Numbers
    slots: Numbers
    available: Numbers
    used: Numbers
    lone: Numbers

    @classmethod
    def joined(cls, parts: list["Suspects"]) -> "Suspects":
        """All of them as one."""
        none = np.zeros(0, np.int64)
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in names))


def pieces(memory: Memory) -> Iterator[tuple[int, int]]:
    """(address, bytes) of all memory, PIECE or less each, from page boundary to page boundary."""
    for start, size in memory.regions():
        at, end = -(-start // PAGE) * PAGE, (start + size) // PAGE * PAGE
        while at < end:
            step = min(end, (at // PIECE + 1) * PIECE) - at
            yield at, step
            at += step


def present(memory: Memory, gpa: int, size: int) -> Iterator[tuple[int, bytes]]:
    """(address, bytes) of what can be read of a piece; pages that a dump left out are stepped over."""
    at, end = gpa, gpa + size
    while at < end:
        data = memory.read_some(at, end - at)
        if len(data) >= PAGE:
            yield at, data
        at += (len(data) // PAGE + 1) * PAGE


def suspects(data: bytes, gpa: int) -> Suspects:
    """What of the whole pages of `data`, which lie from `gpa` on, is to be looked at closely."""
    words = np.frombuffer(data, "<u8", len(data) // PAGE * 512).reshape(-1, 512)
    first, second = words[:, 0], words[:, 1]
    addressed = _addressed(words)
    few = np.bitwise_or.reduce(words[:, _FEW], axis=1)
    tables = np.flatnonzero(addressed & ((few & _SPLIT_FLAGS) == 0))
    tables = tables[np.bitwise_or.reduce(words[tables, :64], axis=1) != 0]
    slots = np.flatnonzero(addressed & ((few & _PACKED_FLAGS) == 0) & (second != 0))
    slots = slots[_all(words[slots, 1:64:2], _PACKED_FLAGS)]
    slots = slots[_marked(words[slots])]
    header = np.flatnonzero(((first & _HEADER) == 0) & ((first & _INDEX) != 0))
    available = header[((first[header] & _HEADS) == 0) & ((second[header] & _NEXT_HEADS) == 0)]
    used = header[((first[header] & _ID_HIGH) == 0) & ((words[header, 2] & _ID_HIGH) == 0)]
    used = used[_all(words[used, :32], _ID_HIGH)]
    lone = np.flatnonzero((first != 0) & (first < _LEAST_LENGTH) & (second == 0) & ((first & _EVENT_FLAGS) == 0))
    lone = lone[np.bitwise_or.reduce(words[lone, 1:], axis=1) == 0]
    sizes = _sizes(words, tables)
    rows = (tables, slots, available, used, lone)
    places = [gpa + PAGE * each.astype(np.int64) for each in rows]
    return Suspects(places[0], sizes, *places[1:])


def _addressed(words: Words) -> NDArray[np.bool_]:
    """bool[n]: pages whose first four descriptors could have the addresses that they seem to have."""
    first, few = words[:, 0], np.bitwise_or.reduce(words[:, : 2 * LEAST_SIZE : 2], axis=1)
    return np.asarray((few < _MOST_ADDRESS) & ((first == 0) | (first >= PAGE)))


def _marked(words: Words) -> NDArray[np.bool_]:
    """bool[n]: pages of packed descriptors with a mark, or full of short ones, as after every second lap."""
    return np.asarray(~_all(words[:, 1::2], _MARKS) | ((words[:, -1] != 0) & _all(words[:, 1::2], _LONG)))


def _all(words: Words, never: np.uint64) -> NDArray[np.bool_]:
    """bool[n]: rows none of whose words has any of these bits."""
    return np.asarray((np.bitwise_or.reduce(words, axis=1) & never) == 0)


def _sizes(words: Words, rows: Numbers) -> Numbers:
    """int64[n]: bit k of each says that 2**k sound descriptors from row `rows[n]` on, as far as they lie in that page,
    are followed by what can be an available ring, as far as that can be seen in `words`.
    """
    tables = words[rows]
    found: Any = np.zeros(len(rows), np.int64)
    for bit in range(LEAST_SIZE.bit_length() - 1, MAX_SIZE.bit_length()):
        size = 1 << bit
        ring = tables[:, 2 * size] if size < PAGE_SIZE else _beginning(words, rows + size // PAGE_SIZE)
        beyond = np.uint64((0xFFFF & -size) * 0x1_0001 << 32)
        sound = _all(tables[:, 1 : 2 * size : 2], _SPLIT_FLAGS)
        found |= (sound & (ring != 0) & ((ring & (_HEADER | beyond)) == 0)).astype(np.int64) << bit
    return np.asarray(found)


def _beginning(words: Words, rows: Numbers) -> Words:
    """uint64[n]: the first word of each of these rows; of rows that lie behind, one that can begin any ring."""
    first = words[np.minimum(rows, len(words) - 1), 0]
    return np.asarray(np.where(rows < len(words), first, np.uint64(1 << 16)))
