"""The pages of one file of a dump, unpacked when they are asked for."""

from functools import partial
from struct import Struct

from vdmabuf_inspect.sources.codecs import unpacker
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.kdump.bitmap import Bitmap
from vdmabuf_inspect.sources.kdump.header import Header
from vdmabuf_inspect.sources.page_cache import PageCache

CODECS = {1: "zlib", 2: "lzo", 4: "snappy", 0x20: "zstd"}
"""Bits of a dump's status and of a page's flags."""


_BATCH = 256
"""Pages looked up at once."""


class PageFile:
    """One file of a dump: where its page descriptors are, and which pages they stand for."""

    def __init__(self, file: EvidenceFile, header: Header, dumped: Bitmap) -> None:
        """`dumped` is the bitmap of the dumped pages."""
        self._file, self._header, self._dumped = file, header, dumped
        self._first = dumped.rank(header.pages.start) if header.pages else 0
        self._descriptor = Struct(header.order + "QIIQ")
        self._cache = PageCache()

    def pages(self, pfn: int, count: int) -> list[bytes]:
        """The pages from `pfn` on, at most `count`, up to the first that is not in this file or damaged.

        Pages that share their bytes share the cache.
        """
        count = self._dumped.run(pfn, min(count, _BATCH, *self._here(pfn)))
        place = self._header.descriptors_at + self._descriptor.size * (self._dumped.rank(pfn) - self._first)
        rows = self._file.read(place, self._descriptor.size * count)
        found: list[bytes] = []
        for at in range(0, len(rows) - self._descriptor.size + 1, self._descriptor.size):
            offset, size, flags, _ = self._descriptor.unpack_from(rows, at)
            page = self._cache.get((offset, size, flags), partial(self._unpack, offset, size, flags))
            if not page:
                break
            found.append(page)
        return found

    def _here(self, pfn: int) -> tuple[int, ...]:
        """How many pages from `pfn` on can be in this file, where it is one of a split set."""
        part = self._header.pages
        return () if part is None else (part.stop - pfn if pfn in part else 0,)

    def _unpack(self, offset: int, size: int, flags: int) -> bytes:
        whole = self._header.page_size
        data = self._file.read(offset, size) if size <= 2 * whole else b""
        codec = next((name for bit, name in CODECS.items() if flags & bit), None)
        try:
            page = unpacker(codec)(data, whole) if codec else data
        except Exception:  # each compression has errors of its own; a page that cannot be unpacked is absent
            return b""
        return page if len(page) == whole else b""
