"""A hash index from keys to rows, looked up and filled a whole batch at a time."""

from collections.abc import Callable

import numpy as np

from vdmabuf_inspect.model.columns import Array

Same = Callable[[Array, Array], Array]
"""same(rows, which) -> bool: does the object in `rows[i]` have the key of query `which[i]`?"""


def mix(*parts: Array) -> Array:
    """uint64[n]: a well-spread hash of one or more uint64 columns (finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        h = np.full(len(parts[0]), 0x9E3779B97F4A7C15, np.uint64)
        for part in parts:
            h = (h ^ part) * np.uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            h ^= h >> np.uint64(31)
    return h


class RowIndex:
    """Open addressing with linear probing; the keys themselves stay in the log that the rows point into."""

    def __init__(self) -> None:
        self._slots = np.full(1 << 8, -1, np.int32)
        self._used = 0

    def find(self, hashes: Array, same: Same) -> Array:
        """int32[n]: the row with each key, -1 where there is none."""
        slots, mask = self._slots, np.uint64(len(self._slots) - 1)
        result = np.full(len(hashes), -1, np.int32)
        which = np.arange(len(hashes))
        at = (hashes & mask).astype(np.int64)
        while len(which):
            rows = slots[at]
            there = rows >= 0
            hit = there.copy()
            hit[there] = same(rows[there], which[there])
            result[which[hit]] = rows[hit]
            go_on = there & ~hit
            which, at = which[go_on], (at[go_on] + 1) & int(mask)
        return result

    def put(self, hashes: Array, rows: Array, replaces: Array, hash_of: Callable[[Array], Array]) -> None:
        """Point each key at its row. Keys must be distinct within the call.

        replaces: int32[n], the row the key points at now or -1; hash_of(rows) gives the hashes again for growing.
        """
        fresh = replaces < 0
        self._make_room(int(fresh.sum()), hash_of)
        self._place(hashes[fresh], rows[fresh])
        if not fresh.all():
            self._move(hashes[~fresh], replaces[~fresh], rows[~fresh])

    def _make_room(self, more: int, hash_of: Callable[[Array], Array]) -> None:
        size = len(self._slots)
        while (self._used + more) * 2 > size:
            size *= 2
        if size > len(self._slots):
            rows = self._slots[self._slots >= 0]
            self._slots = np.full(size, -1, np.int32)
            self._used = 0
            for part in np.array_split(rows, max(1, len(rows) >> 17)):
                self._place(hash_of(part), part)

    def _place(self, hashes: Array, rows: Array) -> None:
        mask = len(self._slots) - 1
        at = (hashes & np.uint64(mask)).astype(np.int64)
        self._used += len(rows)
        while len(rows):
            free = self._slots[at] < 0
            self._slots[at[free]] = rows[free]  # where two want one slot, the last written has it
            lost = ~free
            lost[free] = self._slots[at[free]] != rows[free]
            at, rows = (at[lost] + 1) & mask, rows[lost]

    def _move(self, hashes: Array, old: Array, new: Array) -> None:
        mask = len(self._slots) - 1
        at = (hashes & np.uint64(mask)).astype(np.int64)
        while len(old):
            found = self._slots[at] == old
            self._slots[at[found]] = new[found]
            at, old, new = (at[~found] + 1) & mask, old[~found], new[~found]
