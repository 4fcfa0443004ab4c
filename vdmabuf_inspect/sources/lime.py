"""LiME images and AVML's compressed ones: ranges of physical memory, each with a header before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from struct import Struct

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.memory.extents import LIMIT
from vdmabuf_inspect.sources.codecs import require
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.page_cache import PageCache
from vdmabuf_inspect.sources.snappy_frames import SnappyFrames
from vdmabuf_inspect.sources.snapshot import Snapshot

PLAIN, COMPRESSED = (b"EMiL", 1), (b"AVML", 2)
MAX_RANGES = 1 << 18
"""4 TiB in the 16 MiB ranges that AVML writes."""
_HEADER = Struct("<4sIQQ8x")
_LENGTH = Struct("<Q")
"""After a compressed range: how many bytes it took."""
_KINDS = {PLAIN: "LiME memory image", COMPRESSED: "AVML memory image"}


@dataclass(frozen=True)
class _Range:
    kind: tuple[bytes, int]
    gpa: int
    size: int
    at: int
    """Where its bytes begin in the file."""


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from an image; what follows a damaged range's header is left out and said.

    Raises SourceError when not even its first range can be found.
    """
    kind = _header(name, file, 0).kind
    if kind == COMPRESSED:
        require(name, "snappy")
    segments: list[Segment] = []
    said = _KINDS[kind]
    try:
        for segment in _segments(name, file):
            segments.append(segment)
    except SourceError as error:
        said = f"{said}, {len(segments)} ranges of it: {str(error).removeprefix(f'{name}: ')}"
    return Snapshot(name, Memory(segments), options, file.time_ns, said)


def _segments(name: str, file: EvidenceFile) -> Iterator[Segment]:
    at, cache = 0, PageCache()
    for _ in range(MAX_RANGES):
        if at >= file.size:
            return
        found = _header(name, file, at)
        if found.kind == PLAIN:
            yield Segment(found.gpa, found.size, partial(_read_plain, file, found.at))
            at = found.at + found.size
        else:
            frames = SnappyFrames(file, found.at, found.size, cache)
            yield Segment(found.gpa, found.size, frames.read)
            at = frames.end + _LENGTH.size
    raise SourceError(f"{name}: a damaged memory image (more than {MAX_RANGES} ranges)")


def _header(name: str, file: EvidenceFile, at: int) -> _Range:
    data = file.read(at, _HEADER.size)
    if len(data) < _HEADER.size:
        raise SourceError(f"{name}: a cut memory image ({file.size} bytes)")
    magic, version, first, last = _HEADER.unpack(data)
    if (magic, version) not in _KINDS:
        raise SourceError(f"{name}: a damaged memory image (no range of a known version at {at:#x})")
    if not first <= last < LIMIT:
        raise SourceError(f"{name}: a damaged memory image (a range from {first:#x} to {last:#x} at {at:#x})")
    return _Range((magic, version), first, last + 1 - first, at + _HEADER.size)


def _read_plain(file: EvidenceFile, at: int, offset: int, size: int) -> bytes:
    return file.read(at + offset, size)
