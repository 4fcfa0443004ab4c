"""ELF cores of a guest: PT_LOAD by physical address, read where they are needed and never as a whole.

A load whose file size is below its memory size: the missing bytes are guest memory in any case. They read
as zeros where the ELF specification's meaning can be trusted, and are absent where the core's writer leaves
out pages (QEMU and kernel dumps, told by their notes, or a load of which nothing is in the file).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.memory.extents import LIMIT
from vdmabuf_inspect.sources.elf_header import Core, read_core
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

MAGIC = b"\x7fELF"
PT_LOAD = 1
_FILE, _ZERO, _ABSENT = 0, 1, 2
_EXCLUDING = frozenset({"QEMU", "VMCOREINFO"})
"""Notes of writers that leave pages out of a load."""


@dataclass(frozen=True)
class Loads:
    """PT_LOAD entries as columns of unsigned 64-bit integers, in the order of the table."""

    gpa: NDArray[Any]
    offset: NDArray[Any]
    in_file: NDArray[Any]
    in_memory: NDArray[Any]


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from an ELF core. Raises SourceError with one line on what is wrong with it."""
    core = read_core(name, file)
    kind = f"ELF core of {core.machine}" + (f", notes of {', '.join(sorted(core.notes))}" if core.notes else "")
    return Snapshot(name, core_memory(name, file, core), options, file.time_ns, kind)


def core_memory(name: str, file: EvidenceFile, core: Core) -> Memory:
    """Guest memory behind a core's loads; where loads overlap the later one counts, file bytes before absent ones."""
    loads = _loads(name, core)
    present = np.minimum(loads.in_file, loads.in_memory)
    rest = loads.in_memory - present
    zero = (present > 0) & (not core.notes & _EXCLUDING)
    which = np.where(zero, _ZERO, _ABSENT)
    none = np.zeros_like(rest)
    return Memory.of_columns(
        np.concatenate([loads.gpa + present, loads.gpa]),
        np.concatenate([rest, present]),
        np.concatenate([none, np.minimum(loads.offset, np.uint64(1 << 62))]),
        np.concatenate([which, none]),
        (file.read, _zeros, _nothing),
    )


def _loads(name: str, core: Core) -> Loads:
    table = core.program_headers
    table = table[table["type"] == PT_LOAD]
    gpa, offset, in_file, size = (table[f].astype(np.uint64) for f in ("paddr", "offset", "filesz", "memsz"))
    size = np.maximum(size, in_file)
    sound = (size > 0) & (gpa < LIMIT) & (size <= LIMIT - np.minimum(gpa, LIMIT))
    loads = Loads(gpa[sound], offset[sound], in_file[sound], size[sound])
    if len(loads.gpa) == 0:
        raise SourceError(f"{name}: an ELF file without memory (no PT_LOAD); give a core made by dump-guest-memory")
    if len(loads.gpa) > 1 and not loads.gpa.any():
        raise SourceError(
            f"{name}: every load has physical address 0, so this is the core of a process, not of a guest; "
            "use dump-guest-memory, or raw:FILE@GPA for guest memory files"
        )
    return loads


def _zeros(_offset: int, size: int) -> bytes:
    return bytes(min(size, MAX_READ))


def _nothing(_offset: int, _size: int) -> bytes:
    return b""
