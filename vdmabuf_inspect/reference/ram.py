"""Guest memory that may be written: blocks at guest-physical addresses, in a memfd, a peer's mapping or plain bytes."""

import ctypes
import mmap
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.vhost_user.payload import Region


@dataclass(frozen=True)
class Block:
    """`size` bytes of guest memory at `gpa`; `uva` is where the front end has them, `offset` where its fd does."""

    gpa: int
    size: int
    view: memoryview
    uva: int = 0
    offset: int = 0

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.gpa + self.size


class Ram:
    """Guest-physical memory. Every access is checked and raises FaultError outside the blocks."""

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.blocks: list[Block] = []
        self._starts: list[int] = []
        self.replace(blocks)

    def replace(self, blocks: Iterable[Block]) -> None:
        """Have these blocks instead; who holds this memory sees the change."""
        self.blocks = sorted(blocks, key=lambda b: b.gpa)
        self._starts = [b.gpa for b in self.blocks]

    @classmethod
    def plain(cls, *regions: tuple[int, int]) -> Self:
        """Zeroed memory of this process, one block for each (gpa, size): for tests and stories."""
        return cls(Block(gpa, size, memoryview(bytearray(size)), gpa) for gpa, size in regions)

    def view(self, gpa: int, size: int) -> memoryview:
        """The bytes themselves, within one block."""
        at = bisect_right(self._starts, gpa) - 1
        if at < 0 or size < 0 or gpa + size > self.blocks[at].end:
            raise FaultError(gpa, size)
        start = gpa - self.blocks[at].gpa
        return self.blocks[at].view[start : start + size]

    def read(self, gpa: int, size: int) -> bytes:
        """A copy of `size` bytes."""
        return bytes(self.view(gpa, size))

    def write(self, gpa: int, data: bytes | bytearray | memoryview) -> None:
        """Store bytes."""
        self.view(gpa, len(data))[:] = data

    def load16(self, gpa: int) -> int:
        """One 16-bit word, read at once (so never torn where it is aligned)."""
        return int(self.view(gpa, 2).cast("H")[0])

    def store16(self, gpa: int, value: int) -> None:
        """One 16-bit word, stored at once."""
        self.view(gpa, 2).cast("H")[0] = value & 0xFFFF

    def covers(self, gpa: int, size: int) -> bool:
        """Whether all of it is in one block."""
        return any(b.gpa <= gpa and gpa + size <= b.end for b in self.blocks)

    def gpa_of(self, uva: int) -> int | None:
        """The guest-physical address of a front-end address; None where no block has it."""
        return next((uva - b.uva + b.gpa for b in self.blocks if b.uva <= uva < b.uva + b.size), None)

    def uva_of(self, gpa: int) -> int:
        """The front-end address of a guest-physical one; behind the last block it goes on as in that block."""
        below = [b for b in self.blocks if b.gpa <= gpa] or self.blocks[:1]
        return gpa - below[-1].gpa + below[-1].uva

    def memory(self) -> Memory:
        """The same bytes as the inspector reads them."""
        return Memory(Segment(b.gpa, b.size, _reader(b.view)) for b in self.blocks)


class SharedRam(Ram):
    """Guest memory in one memfd, as the front end owns it; `fd` is passed to the device."""

    def __init__(self, *regions: tuple[int, int]) -> None:
        total = sum(size for _, size in regions)
        self.fd = os.memfd_create("reference-guest", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, total)
        whole = mmap.mmap(self.fd, total)
        view, base, offset, blocks = memoryview(whole), _address(whole), 0, []
        for gpa, size in regions:
            blocks.append(Block(gpa, size, view[offset : offset + size], base + offset, offset))
            offset += size
        super().__init__(blocks)

    def regions(self) -> list[Region]:
        """The memory table as the vhost-user front end tells it."""
        return [Region(b.gpa, b.size, b.uva, b.offset) for b in self.blocks]

    def close(self) -> None:
        """Close the memfd; the mapping goes with the last view of it."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


def map_region(region: Region, fd: int) -> Block:
    """Map a front end's region; the fd stays with the caller. Raises OSError, or ValueError for a misfit."""
    if not 0 < region.size <= 1 << 40 or region.mmap_offset > 1 << 40:
        raise ValueError(f"a memory region of {region.size} bytes")
    end = region.mmap_offset + region.size
    if os.fstat(fd).st_size < end:
        raise ValueError(f"a memory region of {region.size} bytes lies beyond the end of its file")
    start = region.mmap_offset & -mmap.ALLOCATIONGRANULARITY
    mapped = mmap.mmap(fd, end - start, offset=start)
    return Block(region.gpa, region.size, memoryview(mapped)[region.mmap_offset - start :], region.uva, start)


def _address(mapped: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(mapped))


def _reader(view: memoryview) -> Callable[[int, int], bytes]:
    return lambda offset, size: bytes(view[offset : offset + size])
