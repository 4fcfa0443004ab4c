"""The memory of the running kernel, `/proc/kcore`: an ELF core whose loads say where they lie physically.

Looked at once, as a dump is; but the kernel runs on meanwhile, so what is read late may be newer.
"""

import time

import numpy as np

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.sources.elf import PT_LOAD, core_memory
from vdmabuf_inspect.sources.elf_header import Core, read_core
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

PATH = "/proc/kcore"
_NOWHERE = np.uint64((1 << 64) - 1)
"""The physical address of what has none: vmalloc, modules."""
_ANY_OFFSET = 1 << 62
_RIGHT = (
    "the running kernel's memory may be read by root with CAP_SYS_RAWIO and without kernel lockdown "
    "(cat /sys/kernel/security/lockdown); run this with sudo"
)


def open_path(name: str, options: SourceOptions) -> Snapshot:
    """A snapshot from the running kernel. Raises SourceError that says which right is missing."""
    try:
        file = EvidenceFile(name)
    except SourceError as error:
        missing = "no such file" in str(error)
        why = "this kernel has none (CONFIG_PROC_KCORE)" if missing else _RIGHT
        raise SourceError(f"{name}: {why}") from None
    file.size = _ANY_OFFSET  # the size that it shows is the kernel's address space, or nothing
    if not file.read(0, 64):
        raise SourceError(f"{name}: {_RIGHT}")
    return Snapshot(name, kernel_memory(name, file), options, time.time_ns(), "the running kernel's memory")


def kernel_memory(name: str, file: EvidenceFile) -> Memory:
    """Physical memory behind a kcore. Raises SourceError."""
    return core_memory(name, file, physical(name, read_core(name, file)))


def physical(name: str, core: Core) -> Core:
    """The loads that lie in physical memory. Raises SourceError where the kernel does not say which do."""
    table = core.program_headers
    known = (table["type"] == PT_LOAD) & (table["paddr"].astype(np.uint64) != _NOWHERE)
    if not table["paddr"][known].any():
        raise SourceError(f"{name}: this kernel does not tell in it where memory lies physically")
    return Core(core.machine, table[known], core.notes)
