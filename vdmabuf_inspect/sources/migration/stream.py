"""The sections of a migration stream: machine type, capabilities, RAM; where the devices' states begin."""

from dataclasses import dataclass, field

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.migration.cursor import Cursor, CutError
from vdmabuf_inspect.sources.migration.ram import Block, Ram
from vdmabuf_inspect.sources.printable import printable

MAGIC = b"QEVM"
_VERSION = 3
EOF, START, PART, END, FULL, SUBSECTION, DESCRIPTION, CONFIGURATION, COMMAND, FOOTER = (*range(9), 0x7E)
_MAX_NAME = 4096
_MAX_CAPABILITIES = 256


@dataclass
class Configuration:
    """What a stream says of the machine that wrote it."""

    machine: str = ""
    page_size: int = 4096
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stream:
    """A stream that was walked through once. `devices_at` is None when it was cut before the devices' states."""

    configuration: Configuration
    blocks: tuple[Block, ...]
    devices_at: int | None


@dataclass
class _Walk:
    name: str
    cursor: Cursor
    configuration: Configuration = field(default_factory=Configuration)
    ram: Ram | None = None
    ram_id: int = -1


def read_stream(name: str, file: EvidenceFile, at: int = 0) -> Stream:
    """Walk a stream that begins at `at` of the file. Raises SourceError; a cut one is read up to the cut."""
    walk = _Walk(name, Cursor(file, at))
    version = int.from_bytes(file.read(at + 4, 4), "big")
    if file.read(at, 4) != MAGIC or version != _VERSION:
        raise SourceError(f"{name}: a migration stream of version {version}; only {_VERSION} is known")
    walk.cursor.skip(8)
    try:
        devices_at = _sections(walk)
    except CutError:
        devices_at = None
    if walk.ram is None:
        raise SourceError(f"{name}: a migration stream without memory: it was cut, or is of no guest")
    walk.ram.settle()
    return Stream(walk.configuration, tuple(walk.ram.blocks.values()), devices_at)


def _sections(walk: _Walk) -> int | None:
    """Read up to the first device's state, and say where that is."""
    cursor = walk.cursor
    while (kind := cursor.number(1)) not in (EOF, FULL, DESCRIPTION):
        if kind == CONFIGURATION:
            _configuration(walk)
        elif kind in (START, PART, END):
            _iterated(walk, kind)
        elif kind == FOOTER:
            cursor.skip(4)
        elif kind == COMMAND:
            cursor.skip(2)
            cursor.skip(cursor.number(2))
        else:
            raise SourceError(f"{walk.name}: a damaged stream (section {kind:#x} at {cursor.at - 1:#x})")
    return cursor.at - 1


def _iterated(walk: _Walk, kind: int) -> None:
    cursor = walk.cursor
    number = cursor.number(4)
    if kind == START:
        what = cursor.name()
        if what != "ram" or walk.ram is not None:
            raise SourceError(f"{walk.name}: holds a section {what!r} before the devices, which is not read")
        cursor.skip(8)
        configuration = walk.configuration
        walk.ram_id, walk.ram = number, Ram(walk.name, configuration.page_size, configuration.capabilities)
    if walk.ram is None or number != walk.ram_id:
        raise SourceError(f"{walk.name}: a damaged stream (section number {number} at {cursor.at:#x})")
    walk.ram.read(cursor)


def _configuration(walk: _Walk) -> None:
    cursor, found = walk.cursor, walk.configuration
    found.machine = printable(cursor.take(min(cursor.number(4), _MAX_NAME)))
    while cursor.ahead(1)[:1] == bytes([SUBSECTION]):
        cursor.skip(1)
        what = cursor.name()
        cursor.skip(4)
        if what == "configuration/capabilities":
            count = min(cursor.number(4), _MAX_CAPABILITIES)
            found.capabilities = frozenset(cursor.name() for _ in range(count))
        elif what == "configuration/target-page-bits":
            found.page_size = 1 << min(max(cursor.number(4), 12), 16)
        elif what == "configuration/uuid":
            cursor.skip(16)
        else:
            raise SourceError(f"{walk.name}: a section {what!r} of the machine, which is not known")
