"""Raw memory files at given guest-physical addresses: `raw:FILE@GPA[+LENGTH][:OFFSET],...`."""

import re
from dataclasses import dataclass

from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.number import parse_number
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

SYNTAX = "raw:FILE@GPA[+LENGTH][:OFFSET][,FILE@GPA...]"
_PIECE = re.compile(r"(?P<path>.+?)@(?P<gpa>[0-9][0-9a-zA-Z]*)(?:\+(?P<length>\w+))?(?::(?P<offset>\w+))?(?:,|$)", re.S)


@dataclass(frozen=True)
class Piece:
    """`length` bytes (None: to the end) from `offset` of a file, at guest-physical `gpa`."""

    path: str
    gpa: int
    length: int | None = None
    offset: int = 0


def parse_pieces(text: str) -> list[Piece]:
    """What follows `raw:`. A file name may hold commas and `@`. Raises UsageError where it makes no sense."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise UsageError(f"raw:{text}: {text[at:]!r} is not FILE@GPA; expected {SYNTAX}")
        try:
            length = parse_number(match["length"]) if match["length"] else None
            offset = parse_number(match["offset"] or "0")
            pieces.append(Piece(match["path"], parse_number(match["gpa"]), length, offset))
        except ValueError as error:
            raise UsageError(f"raw:{text}: in {match[0].rstrip(',')!r}: {error}") from None
        at = match.end()
    if not pieces:
        raise UsageError(f"raw: names no file; expected {SYNTAX}")
    return pieces


def open_uri(rest: str, options: SourceOptions) -> Snapshot:
    """Open `FILE@GPA,...`; later files take precedence where they overlap. Raises SourceError, UsageError."""
    pieces = parse_pieces(rest)
    files = [EvidenceFile(piece.path) for piece in pieces]
    memory = Memory(_segment(piece, file) for piece, file in zip(pieces, files, strict=True))
    return Snapshot(f"raw:{rest}", memory, options, max(file.time_ns for file in files), "raw memory")


def _segment(piece: Piece, file: EvidenceFile) -> Segment:
    room = file.size - piece.offset
    size = room if piece.length is None else piece.length
    if size <= 0 or size > room:
        raise SourceError(f"{piece.path}: {file.size} bytes long, nothing of {size} bytes at offset {piece.offset:#x}")
    if piece.gpa + size > 1 << 63:
        raise SourceError(f"{piece.path}: {piece.gpa:#x} is no guest-physical address")
    return Segment(piece.gpa, size, lambda offset, count: file.read(piece.offset + offset, count))
