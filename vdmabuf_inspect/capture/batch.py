"""Records that still lie in their file: the mapping, and where in it each record of a batch stands."""

import mmap
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]
Longs = np.ndarray[Any, np.dtype[np.int64]]
NOTHING = np.zeros(0, "<u4")


class Store:
    """A read-only mapping of a file that may grow. Arrays handed out stay valid when it is mapped again.

    Mapping never copies; a file that shrinks while it is mapped is reported by `shrunk`, for reading it
    would end the process.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.words: Words = NOTHING
        """The whole mapping as little-endian 32-bit words, length floor(size / 4)."""
        self.data = memoryview(b"")
        """The same bytes."""
        self.shrunk = False
        self.grow()

    @property
    def size(self) -> int:
        """Bytes mapped."""
        return len(self.data)

    def grow(self) -> bool:
        """Map the file again when it has grown; whether it had."""
        size = os.fstat(self._fd).st_size
        self.shrunk = self.shrunk or size < len(self.data)
        if self.shrunk or size == len(self.data):
            return False
        mapping = mmap.mmap(self._fd, size, prot=mmap.PROT_READ)
        self.data = memoryview(mapping)
        self.words = np.frombuffer(mapping, "<u4", size // 4)
        return True


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records in file order. Bytes of record `i` are `store.data[offset[i] : offset[i] + size[i]]`.

    `size` is what was captured, at least 48; the counts in the record's own header may claim more.
    """

    store: Store
    time_ns: Longs
    """int64[n]: nanoseconds since the epoch of the interface, saturated."""
    offset: Longs
    """int64[n]: byte offset of the record's HEADER, a multiple of four."""
    size: Words
    """uint32[n]"""
    interface: np.ndarray[Any, np.dtype[np.uint16]]
    """uint16[n]: index into `CaptureFile.interfaces`."""

    def __len__(self) -> int:
        return len(self.offset)

    def part(self, start: int, stop: int) -> "Batch":
        """Records `start` to `stop`, without copying."""
        cut = slice(start, stop)
        return Batch(self.store, self.time_ns[cut], self.offset[cut], self.size[cut], self.interface[cut])


def join(store: Store, parts: list[Batch]) -> Batch:
    """The records of all `parts`, one after the other; an empty batch of none."""
    if len(parts) == 1:
        return parts[0]
    return Batch(
        store,
        np.concatenate([p.time_ns for p in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([p.offset for p in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([p.size for p in parts] or [np.zeros(0, np.uint32)]),
        np.concatenate([p.interface for p in parts] or [np.zeros(0, np.uint16)]),
    )
