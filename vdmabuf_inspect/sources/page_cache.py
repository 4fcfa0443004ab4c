"""Unpacked pages kept within a bound: those used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

LIMIT = 64 << 20
"""Bytes of unpacked pages kept for one file."""
_COST = 256
"""Bytes that keeping any page takes beside its own."""


class PageCache:
    """Pages by a key; the least recently used go first. Several threads may use it."""

    def __init__(self, limit: int = LIMIT) -> None:
        """`limit` is in bytes."""
        self._limit = limit
        self._pages: OrderedDict[Hashable, bytes] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def get(self, key: Hashable, unpack: Callable[[], bytes]) -> bytes:
        """The page of this key, unpacked when it is not held."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = unpack()
        with self._lock:
            if key not in self._pages:
                self._pages[key] = page
                self._held += len(page) + _COST
            while self._held > self._limit:
                self._held -= len(self._pages.popitem(last=False)[1]) + _COST
        return page
