"""Scatter lists of resources: the guest pages that each resource is backed by, and who else has them."""

import numpy as np

from vdmabuf_inspect import api

PAGE = 4096
MOST_PAGES = 1 << 17
"""Pages of one list that are compared with those of others: 512 MiB."""
ENTRY = np.dtype([("addr", "<u8"), ("length", "<u4"), ("padding", "<u4")])


def entries_of(data: bytes, offset: int, count: int) -> api.Array:
    """The entries of a list at `offset`, as many as it says and the bytes hold."""
    room = max(len(data) - offset, 0) // ENTRY.itemsize
    return np.frombuffer(data, ENTRY, min(count, room), min(offset, len(data)))


class Backing:
    """The scatter lists of all resources of a device, by resource number."""

    def __init__(self) -> None:
        self._lists: dict[int, api.Array] = {}
        self._owner: dict[int, int] = {}

    def put(self, number: int, entries: api.Array) -> int:
        """A resource's list; the number of another one that has some of its bytes, 0 where there is none."""
        self.drop(number)
        pages = _pages(entries)
        others = {self._owner[page] for page in pages if page in self._owner}
        found = next((other for other in sorted(others) if _overlap(entries, self._lists[other])), 0)
        self._lists[number] = entries
        self._owner.update(dict.fromkeys(pages, number))
        return found

    def drop(self, number: int) -> None:
        """A resource has no list any more."""
        for page in _pages(self._lists.pop(number, np.empty(0, ENTRY))):
            if self._owner.get(page) == number:
                del self._owner[page]


def _pages(entries: api.Array) -> list[int]:
    """Page frame numbers, at most MOST_PAGES."""
    first, last = _spans(entries)
    counts = np.minimum((last - 1) // PAGE - first // PAGE + 1, MOST_PAGES)
    counts = counts[np.cumsum(counts) <= MOST_PAGES]
    first = first[: len(counts)] // PAGE
    begin = np.cumsum(counts) - counts
    pages: list[int] = (np.repeat(first - begin, counts) + np.arange(int(counts.sum()))).tolist()
    return pages


def _spans(entries: api.Array) -> tuple[api.Array, api.Array]:
    """(first, end) addresses of the entries that have bytes."""
    entries = entries[(entries["length"] > 0) & (entries["addr"] < 1 << 62)]
    first = entries["addr"].astype(np.int64)
    return first, first + entries["length"]


def _overlap(one: api.Array, other: api.Array) -> bool:
    first, end = _spans(one)
    order = np.argsort(first)
    first, end = first[order], np.maximum.accumulate(end[order])
    low, high = _spans(other)
    before = np.searchsorted(first, high) - 1
    return bool(((before >= 0) & (end[np.maximum(before, 0)] > low)).any())
