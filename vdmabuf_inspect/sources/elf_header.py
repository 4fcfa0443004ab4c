"""An ELF core's header, notes and program header table, every field taken for a lie until it is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import EvidenceFile

ET_CORE = 4
PT_NOTE = 4
PN_XNUM = 0xFFFF
MAX_HEADERS = 1 << 21
"""A table of 112 MiB: more is no core that anything wrote."""
_MAX_NOTES, _MAX_NOTE_BYTES, _MAX_NOTE_SEGMENTS = 8192, 1 << 20, 16
_MAX_FIELD = 1 << 16
_FIELDS = {
    64: [("type", "u4"), ("flags", "u4"), ("offset", "u8"), ("vaddr", "u8"), ("paddr", "u8"), ("filesz", "u8"),
         ("memsz", "u8"), ("align", "u8")],
    32: [("type", "u4"), ("offset", "u4"), ("vaddr", "u4"), ("paddr", "u4"), ("filesz", "u4"), ("memsz", "u4"),
         ("flags", "u4"), ("align", "u4")],
}  # fmt: skip


@dataclass(frozen=True)
class Core:
    """What an ELF file says of itself. `program_headers` is one array with the fields of the file's class."""

    machine: str
    program_headers: NDArray[Any]
    notes: frozenset[str]
    """Owners of its notes: CORE, QEMU, VMCOREINFO."""


class _Stream:
    """What pyelftools reads from: reads are short, whatever a field in the file claims."""

    def __init__(self, file: EvidenceFile) -> None:
        self._file = file
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _MAX_FIELD:
            raise ValueError(f"a field of {size} bytes")
        data = self._file.read(self._at, size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._file.size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """The file is not the parser's to close."""


def read_core(name: str, file: EvidenceFile) -> Core:
    """Read the tables of an ELF core of 32 or 64 bits, either byte order. Raises SourceError."""
    try:
        elf = _Elf(file)
        count = _count(elf)
    except Exception as error:  # pyelftools raises whatever a lying field leads it to
        raise SourceError(f"{name}: a damaged ELF file ({error or type(error).__name__})") from None
    if elf["e_type"] != "ET_CORE":
        raise SourceError(f"{name}: an ELF file but no core ({elf['e_type']}); give a core made by dump-guest-memory")
    table = _program_headers(name, file, elf, count)
    return Core(str(elf["e_machine"]).removeprefix("EM_"), table, _notes(elf, file, table))


class _Elf:
    """The file header by pyelftools' declarations; its ELFFile would also import its DWARF reader, unneeded here."""

    def __init__(self, file: EvidenceFile) -> None:
        from elftools.common.utils import struct_parse
        from elftools.elf.structs import ELFStructs

        parse: Any = struct_parse
        ident = file.read(0, 16)
        if len(ident) < 16 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise ValueError("class or byte order unknown")
        self.elfclass, self.little_endian = 32 * ident[4], ident[5] == 1
        self.stream: Any = _Stream(file)
        self.structs: Any = ELFStructs(self.little_endian, self.elfclass)
        self.structs.create_basic_structs()
        self._header = parse(self.structs.Elf_Ehdr, self.stream, 0)
        self.structs.create_advanced_structs(self["e_type"], self["e_machine"], self._header["e_ident"]["EI_OSABI"])

    def __getitem__(self, field: str) -> Any:
        return self._header[field]


def _count(elf: _Elf) -> int:
    """Program headers; from 65535 on their number stands in section header 0."""
    from elftools.common.utils import struct_parse

    count = elf["e_phnum"]
    if count < PN_XNUM:
        return int(count)
    if elf["e_shoff"] == 0:
        raise ValueError("extended numbering without a section header")
    return int(struct_parse(elf.structs.Elf_Shdr, elf.stream, elf["e_shoff"])["sh_info"])


def _program_headers(name: str, file: EvidenceFile, elf: _Elf, count: int) -> NDArray[Any]:
    order = "<" if elf.little_endian else ">"
    dtype = np.dtype([(field, order + kind) for field, kind in _FIELDS[elf.elfclass]])
    offset, stride = elf["e_phoff"], elf["e_phentsize"]
    if count and stride != dtype.itemsize:
        raise SourceError(f"{name}: a damaged ELF file (program headers of {stride} bytes, not {dtype.itemsize})")
    if not 0 <= count <= MAX_HEADERS or offset + count * dtype.itemsize > file.size:
        raise SourceError(f"{name}: a cut or damaged ELF file ({count} program headers at {offset:#x} do not fit)")
    return np.frombuffer(_read_all(file, offset, count * dtype.itemsize), dtype, count)


def _read_all(file: EvidenceFile, offset: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        data = file.read(offset + len(parts), size - len(parts))
        if not data:
            raise SourceError(f"{file.path}: {size} bytes at {offset:#x} cannot be read")
        parts += data
    return bytes(parts)


def _notes(elf: _Elf, file: EvidenceFile, table: NDArray[Any]) -> frozenset[str]:
    segments = table[table["type"] == PT_NOTE][:_MAX_NOTE_SEGMENTS]
    return frozenset(owner for row in segments for owner in _owners(elf, file, int(row["offset"]), int(row["filesz"])))


def _owners(elf: _Elf, file: EvidenceFile, offset: int, size: int) -> Iterator[str]:
    """Owners of the notes of one segment, as far as they make sense: they are no more than a hint."""
    from elftools.elf.notes import iter_notes

    data = file.read(offset, min(size, _MAX_NOTE_BYTES))
    part: Any = SimpleNamespace(stream=BytesIO(data), structs=elf.structs)
    try:
        for note in islice(iter_notes(part, 0, len(data)), _MAX_NOTES):
            yield str(note["n_name"])
    except Exception:
        return
