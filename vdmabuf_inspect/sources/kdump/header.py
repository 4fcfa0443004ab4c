"""The headers of a compressed kernel dump, every field taken for a lie until it is checked."""

from dataclasses import dataclass
from struct import Struct

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.printable import printable

KDUMP, DISKDUMP = b"KDUMP   ", b"DISKDUMP"
INCOMPLETE = 8
"""Status: the dump ended early."""
_MACHINE = slice(12 + 4 * 65, 12 + 5 * 65)
_PAGE_SIZES = frozenset(1 << shift for shift in range(10, 17))
_VERSIONS = range(1, 9)
_MAX_BITMAP = 1 << 28
"""Bytes of both bitmaps: 4 TiB of guest memory in pages of 4 KiB."""
_SPLIT_SINCE, _WIDE_PFNS_SINCE, _WIDE_PFNS_AT = 2, 6, 80
_SUB_HEADER_SIZE = 104
_ANY_PFN = 1 << 52


@dataclass(frozen=True)
class _Shape:
    """How headers are laid out in one byte order and class: status to max_mapnr, and the sub-header's begin."""

    order: str
    wide: bool

    @property
    def version(self) -> Struct:
        return Struct(self.order + "I")

    @property
    def sizes_at(self) -> int:
        return 424 if self.wide else 412

    @property
    def sizes(self) -> Struct:
        return Struct(self.order + "5I")

    @property
    def split(self) -> Struct:
        return Struct(self.order + ("QIIQQ" if self.wide else "5I"))


_SHAPES = tuple(_Shape(order, wide) for order in "<>" for wide in (True, False))


@dataclass(frozen=True)
class Header:
    """What a dump says of itself. Offsets and sizes in bytes; PFNs are page frame numbers."""

    order: str
    """Byte order of every field, `<` or `>`."""
    machine: str
    page_size: int
    status: int
    pfns: int
    """No page is described at or above this number."""
    bitmap_at: int
    bitmap_size: int
    pages: range | None
    """The PFNs whose pages are in this file when it is one of a split set, None when it is whole."""

    @property
    def descriptors_at(self) -> int:
        """Where the page descriptors begin."""
        return self.bitmap_at + self.bitmap_size


def read_header(name: str, file: EvidenceFile) -> Header:
    """Header and sub-header. Raises SourceError when they cannot be those of a dump."""
    start = file.read(0, 512)
    for shape in _SHAPES:
        if len(start) == 512 and shape.version.unpack_from(start, 8)[0] in _VERSIONS:
            status, page_size, sub_blocks, bitmap_blocks, pfns = shape.sizes.unpack_from(start, shape.sizes_at)
            if page_size in _PAGE_SIZES:
                break
    else:
        raise SourceError(f"{name}: a damaged compressed kernel dump (no page size that can be)")
    bitmap_at, bitmap_size = (1 + sub_blocks) * page_size, bitmap_blocks * page_size
    if not bitmap_blocks or bitmap_size > _MAX_BITMAP or bitmap_at + bitmap_size > file.size:
        raise SourceError(f"{name}: a cut or damaged compressed kernel dump ({bitmap_size} bytes of bitmaps)")
    version = shape.version.unpack_from(start, 8)[0]
    pages, wide_pfns = _sub_header(shape, version, file.read(page_size, _SUB_HEADER_SIZE) if sub_blocks else b"")
    machine = printable(start[_MACHINE].partition(b"\0")[0])
    return Header(shape.order, machine, page_size, status, wide_pfns or pfns, bitmap_at, bitmap_size, pages)


def _sub_header(shape: _Shape, version: int, data: bytes) -> tuple[range | None, int]:
    """The pages of a part of a split set, and the number of PFNs where it has more than 32 bits."""
    if len(data) < _SUB_HEADER_SIZE:
        return None, 0
    _base, _level, split, first, last = shape.split.unpack_from(data)
    pfns = 0
    if shape.wide and version >= _WIDE_PFNS_SINCE:
        first, last, pfns = Struct(shape.order + "3Q").unpack_from(data, _WIDE_PFNS_AT)
    is_part = split and version >= _SPLIT_SINCE and first < last < _ANY_PFN
    return range(first, last) if is_part else None, pfns
