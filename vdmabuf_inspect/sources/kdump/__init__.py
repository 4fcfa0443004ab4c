"""Compressed kernel dumps (makedumpfile, QEMU, virsh): one file, or a split set as `kdump:FILE1,FILE2,...`.

A page that the dump left out is memory that cannot be read, never zeros.
"""

from collections.abc import Sequence

import numpy as np

from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.sources.codecs import require
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.kdump.bitmap import Bitmap, read_bitmaps, runs
from vdmabuf_inspect.sources.kdump.header import DISKDUMP, INCOMPLETE, KDUMP, Header, read_header
from vdmabuf_inspect.sources.kdump.pages import CODECS, PageFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

SYNTAX = "kdump:FILE1,FILE2[,...]"
MAGIC = KDUMP
_MAGICS = (KDUMP, DISKDUMP)


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from one file. Raises SourceError with one line on what is wrong with it."""
    return _snapshot(name, [file], options)


def open_uri(rest: str, options: SourceOptions) -> Snapshot:
    """A snapshot from all files of a split set, in any order. Raises SourceError, UsageError."""
    paths = [path for path in rest.split(",") if path]
    if not paths:
        raise UsageError(f"kdump:{rest}: names no file; expected {SYNTAX}")
    return _snapshot(f"kdump:{rest}", [EvidenceFile(path) for path in paths], options)


def dump_memory(files: Sequence[tuple[EvidenceFile, Header]]) -> Memory:
    """The memory behind the files of one dump; of pages that two of them have the first one's count."""
    machine, dumped = read_bitmaps(*files[0])
    bitmap = Bitmap(dumped)
    parts = [PageFile(file, header, bitmap) for file, header in files]
    page_size = files[0][1].page_size

    def read(address: int, size: int) -> bytes:
        data, skip, end = bytearray(), address % page_size, address % page_size + min(size, MAX_READ)
        while len(data) < end:
            pfn = (address - skip + len(data)) // page_size
            wanted = -(-(end - len(data)) // page_size)
            found = next((pages for part in parts if (pages := part.pages(pfn, wanted))), ())
            if not found:
                break
            data += b"".join(found)
        return bytes(data[skip:end])

    first, count = runs(machine | dumped)
    gpa = first * page_size
    return Memory.of_columns(gpa, count * page_size, gpa, np.zeros_like(gpa), (read,))


def _snapshot(name: str, files: Sequence[EvidenceFile], options: SourceOptions) -> Snapshot:
    headers = [_header(str(file.path) if len(files) > 1 else name, file) for file in files]
    if len({(h.page_size, h.pfns, h.bitmap_size, h.order) for h in headers}) > 1:
        raise SourceError(f"{name}: not of one dump: their page sizes or numbers of pages differ")
    memory = dump_memory(list(zip(files, headers, strict=True)))
    return Snapshot(name, memory, options, max(file.time_ns for file in files), _kind(headers))


def _header(name: str, file: EvidenceFile) -> Header:
    if file.read(0, len(KDUMP)) not in _MAGICS:
        raise SourceError(f"{name}: no compressed kernel dump; the files of a split set all are")
    header = read_header(name, file)
    for bit, codec in CODECS.items():
        if header.status & bit:
            require(name, codec)
    return header


def _kind(headers: Sequence[Header]) -> str:
    first = headers[0]
    kind = f"compressed kernel dump of {first.machine or 'an unknown machine'}"
    if first.status & INCOMPLETE:
        kind += " that ended early"
    if len(headers) > 1:
        return f"{kind} in {len(headers)} files"
    if first.pages:
        kind += f", a part of a split set (pages {first.pages.start:#x} to {first.pages.stop:#x}; all: {SYNTAX})"
    return kind
