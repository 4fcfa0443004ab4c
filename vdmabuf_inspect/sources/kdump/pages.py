"""The pages of one file of a dump, unpacked when they are asked for."""

from struct import Struct

from vdmabuf_inspect.sources.codecs import unpacker
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.kdump.bitmap import Bitmap
from vdmabuf_inspect.sources.kdump.header import Header
from vdmabuf_inspect.sources.page_cache import PageCache

CODECS = {1: "zlib", 2: "lzo", 4: "snappy", 0x20: "zstd"}
"""Bits of a dump's status and of a page's flags."""


class PageFile:
    """One file of a dump: where its page descriptors are, and which pages they stand for."""

    def __init__(self, file: EvidenceFile, header: Header, dumped: Bitmap) -> None:
        """`dumped` is the bitmap of the dumped pages."""
        self._file, self._header, self._dumped = file, header, dumped
        self._first = dumped.rank(header.pages.start) if header.pages else 0
        self._descriptor = Struct(header.order + "QIIQ")
        self._cache = PageCache()

    def has(self, pfn: int) -> bool:
        """Whether the page is in this file."""
        return self._dumped.has(pfn) and (self._header.pages is None or pfn in self._header.pages)

    def page(self, pfn: int) -> bytes:
        """The page `pfn`, empty when it is not here or damaged. Pages that share their bytes share the cache."""
        if not self.has(pfn):
            return b""
        place = self._header.descriptors_at + self._descriptor.size * (self._dumped.rank(pfn) - self._first)
        row = self._file.read(place, self._descriptor.size)
        if len(row) < self._descriptor.size:
            return b""
        offset, size, flags, _ = self._descriptor.unpack(row)
        key = offset, size, flags
        return self._cache.get(key, lambda: self._unpack(*key))

    def _unpack(self, offset: int, size: int, flags: int) -> bytes:
        whole = self._header.page_size
        data = self._file.read(offset, size) if size <= 2 * whole else b""
        codec = next((name for bit, name in CODECS.items() if flags & bit), None)
        try:
            page = unpacker(codec)(data, whole) if codec else data
        except Exception:  # each compression has errors of its own; a page that cannot be unpacked is absent
            return b""
        return page if len(page) == whole else b""
