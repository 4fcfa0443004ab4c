"""Guest memory of a QEMU that runs: each RAM block through its shared file where it has one, else through /proc.

Addresses are QEMU's own: its flat view says which block and offset lies where, its `gpa2hva` where that is in the
process, and the process's mappings which file that is. So holes and memory that was plugged in are right.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.memory.segments import Reader
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.number import format_size
from vdmabuf_inspect.sources.qemu.flatview import RamRange, ram_ranges, translates
from vdmabuf_inspect.sources.qemu.monitor import Monitor, RefusedError
from vdmabuf_inspect.sources.qemu.process import Mapping, ProcessMemory, file_behind, mapping_at, mappings

_HOST = re.compile(r"is (0x[0-9a-f]+)")
_SMALL = 16
"""What cannot be read may be this much less than what can: firmware, not guest memory."""


@dataclass(frozen=True)
class Place:
    """A range of RAM, where it is in the process, and how to read it."""

    ram: RamRange
    host: int
    how: str
    read: Reader


class GuestMemory:
    """`memory` follows the map of the machine each time it is asked for."""

    def __init__(self, monitor: Monitor, pid: int) -> None:
        self.memory = Memory()
        self.how = "memory unknown"
        """How it is read, in words."""
        self.translated = False
        """An IOMMU is at work."""
        self.changes = 0
        """How often the map was found changed."""
        self.monitor = monitor
        self._pid = pid
        self._process: ProcessMemory | None = None
        self._places: dict[tuple[RamRange, int], Place] = {}

    def refresh(self) -> None:
        """Ask for the map again. Raises SourceError that says why memory cannot be read, LostError."""
        tree = self.monitor.human("info mtree -f")
        self.translated = translates(tree)
        ranges = ram_ranges(tree)
        hosts = [self._host(each) for each in ranges]
        keys = [(each, host) for each, host in zip(ranges, hosts, strict=True) if host is not None]
        if keys == list(self._places):
            return
        self._places = self._found(keys)
        self.changes += 1
        self.memory.replace(_segment(place) for place in self._places.values())
        self.how = _words(list(self._places.values()))

    def forget(self) -> None:
        """Ask the kernel again which pages are there."""
        if self._process is not None:
            self._process.forget()

    def _host(self, ram: RamRange) -> int | None:
        """The range's address in QEMU's process; None for what turned out to be no RAM."""
        found = _HOST.search(self.monitor.human(f"gpa2hva {ram.gpa:#x}"))
        return int(found[1], 16) if found else None

    def _found(self, keys: list[tuple[RamRange, int]]) -> dict[tuple[RamRange, int], Place]:
        places: dict[tuple[RamRange, int], Place] = {}
        errors: list[tuple[int, SourceError]] = []
        for ram, host in keys:
            try:
                places[ram, host] = self._places.get((ram, host)) or self._place(ram, host)
            except SourceError as error:
                errors.append((ram.size, error))
        if errors and sum(size for size, _ in errors) * _SMALL > sum(p.ram.size for p in places.values()):
            raise max(errors, key=lambda each: each[0])[1]
        return places

    def _place(self, ram: RamRange, host: int) -> Place:
        try:
            mapping = mapping_at(mappings(self._pid), host)
        except SourceError:
            if (file := self._file_by_path(ram.block)) is not None:
                return _in_file(ram, host, file, ram.offset)
            raise
        if mapping is None:
            raise SourceError(
                f"{self.monitor.path}: process {self._pid} listens there but has no guest memory at {host:#x}; "
                "say which process QEMU is: pid=PID"
            )
        file = file_behind(self._pid, mapping)
        if mapping.shared and file is not None:
            return _in_file(ram, host, file, mapping.offset + host - mapping.start)
        return self._in_process(ram, host, mapping, file)

    def _in_process(self, ram: RamRange, host: int, mapping: Mapping, file: EvidenceFile | None) -> Place:
        process = self._process = self._process or ProcessMemory(self._pid)
        absent = _zeros if file is None else _of_file(file, mapping.offset - mapping.start)

        def read(offset: int, size: int) -> bytes:
            return process.read(host + offset, size, absent)

        return Place(ram, host, f"/proc/{self._pid}/mem", read)

    def _file_by_path(self, block: str) -> EvidenceFile | None:
        """The shared file of a memory backend by the path that QEMU was given; None where there is none to read."""
        path = f"/objects/{block.rpartition('/')[2]}"
        try:
            shared = self.monitor.execute("qom-get", path=path, property="share")
            name = self.monitor.execute("qom-get", path=path, property="mem-path")
            return EvidenceFile(str(name)) if shared and name else None
        except (RefusedError, SourceError):
            return None


def _in_file(ram: RamRange, host: int, file: EvidenceFile, start: int) -> Place:
    return Place(ram, host, "its shared file", lambda offset, size: file.read(start + offset, size))


def _of_file(file: EvidenceFile, shift: int) -> Callable[[int, int], bytes]:
    return lambda address, size: file.read(address + shift, size)


def _zeros(_address: int, size: int) -> bytes:
    return bytes(size)


def _segment(place: Place) -> Segment:
    return Segment(place.ram.gpa, place.ram.size, place.read)


def _words(places: list[Place]) -> str:
    """`256 MiB through its shared file`: how most of the memory is read."""
    total = sum(place.ram.size for place in places)
    largest = max(places, key=lambda place: place.ram.size, default=None)
    return f"{format_size(total >> 20 << 20)} of memory through {largest.how}" if largest else "no memory"
