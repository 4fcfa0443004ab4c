"""Flattened dumps (`makedumpfile -F`, QEMU before 8.2): pieces of a file in any order, each with its place."""

from array import array
from struct import Struct

import numpy as np

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory.extents import Column, flatten
from vdmabuf_inspect.sources import elf, kdump
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

MAGIC = b"makedumpfile\0\0\0\0"
HEADER_SIZE = 4096
MAX_PIECES = 1 << 24
"""A quarter of a TiB in the 16 KiB pieces that QEMU writes."""
_PIECE = Struct(">qq")
_TYPE_VERSION = (1, 1)
_INSIDE = {kdump.MAGIC: kdump.open_file, elf.MAGIC: elf.open_file}


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from the dump inside. Raises SourceError."""
    inner = FlattenedFile(name, file)
    for magic, opener in _INSIDE.items():
        if inner.read(0, len(magic)) == magic:
            return opener(name, inner, options)
    raise SourceError(f"{name}: a flattened dump of neither a compressed kernel dump nor an ELF core")


class FlattenedFile(EvidenceFile):
    """A flattened file read as the file that it stands for; `size` is that file's. Gaps read as zeros."""

    def __init__(self, name: str, file: EvidenceFile) -> None:
        """Walk the pieces' headers; their data is not read. Raises SourceError."""
        self._fd = -1
        self._file = file
        self.path, self.regular, self.time_ns = file.path, file.regular, file.time_ns
        if file.read(0, len(MAGIC)) != MAGIC or file.read(len(MAGIC), 16) != _PIECE.pack(*_TYPE_VERSION):
            raise SourceError(f"{name}: a flattened dump of an unknown version")
        self._starts, self._ends, self._places = _pieces(name, file)
        self.size = int(self._ends[-1])

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset` of the file that is stood for."""
        if offset < 0 or offset >= self.size:
            return b""
        end = offset + min(size, MAX_READ, self.size - offset)
        at = int(np.searchsorted(self._ends, offset, "right"))
        data = bytearray(end - offset)
        while at < len(self._starts) and self._starts[at] < end:
            first, last = max(offset, int(self._starts[at])), min(end, int(self._ends[at]))
            piece = self._file.read(int(self._places[at]) + first - int(self._starts[at]), last - first)
            data[first - offset : first - offset + len(piece)] = piece
            if len(piece) < last - first:
                return bytes(data[: first - offset + len(piece)])
            at += 1
        return bytes(data)


def _pieces(name: str, file: EvidenceFile) -> tuple[Column, Column, Column]:
    """Start and end of each piece in the file stood for, and where it lies in this one; the last written counts."""
    columns = array("q"), array("q"), array("q")
    at = HEADER_SIZE
    while len(header := file.read(at, _PIECE.size)) == _PIECE.size:
        offset, size = _PIECE.unpack(header)
        at += _PIECE.size
        if offset == -1:
            break
        if offset < 0 or size < 0 or len(columns[0]) == MAX_PIECES:
            raise SourceError(f"{name}: a damaged flattened dump ({size} bytes for {offset:#x} at {at - 16:#x})")
        for column, value in zip(columns, (offset, min(size, file.size - at), at), strict=True):
            column.append(value)
        at += size
    where, sizes, places = (np.frombuffer(column, np.int64) if column else np.zeros(0, np.int64) for column in columns)
    flat = flatten(where, sizes)
    if not len(flat.start):
        raise SourceError(f"{name}: a flattened dump without data: it was cut")
    return flat.start, flat.end, places[flat.owner] + flat.start - where[flat.owner]
