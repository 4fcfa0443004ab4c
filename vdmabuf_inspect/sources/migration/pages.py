"""Where each page of a RAM block stands in a migration stream: the last of its copies, kept as sorted columns."""

from array import array

import numpy as np

from vdmabuf_inspect.memory.extents import Column
from vdmabuf_inspect.sources.codecs import unpacker
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.page_cache import PageCache

_PENDING = 1 << 20
"""Pages found since the columns were last put in order, at least; later as many as are in order already."""
PACKED = 1 << 62
"""Marks the place of a page that is compressed: its length, 4 bytes, stands before it."""


class PageIndex:
    """The pages of one RAM block of `size` bytes. A page never sent is absent."""

    def __init__(self, size: int, page_size: int) -> None:
        self.size, self.page_size = size, page_size
        self._pages: Column = np.zeros(0, np.int64)
        self._places: Column = np.zeros(0, np.int64)
        self._new = array("q"), array("q")

    def add(self, offsets: Column, places: Column) -> None:
        """Pages at these offsets of the block: an offset in the file, `-1 - fill` for a page of one byte, or PACKED."""
        self._new[0].frombytes((offsets // self.page_size).astype(np.int64).tobytes())
        self._new[1].frombytes(places.astype(np.int64).tobytes())
        if len(self._new[0]) > max(_PENDING, len(self._pages)):
            self.settle()

    def settle(self) -> None:
        """Put what was added in order; the last copy of a page counts, and none lies outside the block."""
        pages = np.concatenate([self._pages, np.frombuffer(self._new[0], np.int64)])[::-1]
        places = np.concatenate([self._places, np.frombuffer(self._new[1], np.int64)])[::-1]
        self._new = array("q"), array("q")
        inside = (pages >= 0) & (pages < -(-self.size // self.page_size))
        self._pages, first = np.unique(pages[inside], return_index=True)
        self._places = places[inside][first]

    def place(self, page: int) -> int | None:
        """What `add` was told of the page with this number, None when it was never sent."""
        row = int(np.searchsorted(self._pages, page))
        return int(self._places[row]) if row < len(self._pages) and self._pages[row] == page else None

    def runs(self, begin: int, end: int) -> tuple[Column, Column]:
        """(int64[n], int64[n]): offsets and ends of the stretches of pages that were sent, from `begin` to `end`."""
        first, last = np.searchsorted(self._pages, [begin // self.page_size, -(-end // self.page_size)])
        pages = self._pages[first:last]
        opens = np.flatnonzero(np.diff(pages, prepend=-2) != 1)
        closes = np.append(opens[1:], len(pages)) - 1 if len(pages) else opens
        starts, ends = pages[opens] * self.page_size, (pages[closes] + 1) * self.page_size
        return np.maximum(starts, begin), np.minimum(ends, end)


class BlockReader:
    """Reads one RAM block out of the stream."""

    def __init__(self, file: EvidenceFile, index: PageIndex, cache: PageCache) -> None:
        self._file, self._index, self._cache = file, index, cache

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset` of the block; fewer before a page that is absent."""
        data, end, whole = bytearray(), offset + size, self._index.page_size
        while offset < end:
            page, skip = divmod(offset, whole)
            part = self._page(page, skip, min(end - offset, whole - skip))
            if not part:
                break
            data += part
            offset += len(part)
        return bytes(data)

    def _page(self, page: int, skip: int, size: int) -> bytes:
        place = self._index.place(page)
        if place is None:
            return b""
        if place < 0:
            return bytes([-1 - place]) * size
        if place & PACKED:
            return self._cache.get(place, lambda: self._unpack(place & ~PACKED))[skip : skip + size]
        return self._file.read(place + skip, size)

    def _unpack(self, at: int) -> bytes:
        length = int.from_bytes(self._file.read(at, 4), "big")
        whole = self._index.page_size
        try:
            return unpacker("zlib")(self._file.read(at + 4, min(length, 2 * whole)), whole)
        except Exception:  # zlib's own error for damaged bytes
            return b""
