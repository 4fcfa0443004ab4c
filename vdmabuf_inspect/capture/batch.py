"""Records that still lie in their file: the mapping, and where in it each record of a batch stands."""

import mmap
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from vdmabuf_inspect.errors import SourceError

Words = np.ndarray[Any, np.dtype[np.uint32]]
Longs = np.ndarray[Any, np.dtype[np.int64]]
NOTHING = np.zeros(0, "<u4")


class Store:
    """A read-only mapping of a file that may grow. Arrays handed out stay valid when it is mapped again.

    Mapping never copies; of a file that became shorter than what is mapped nothing can be read any more, for that
    would end the process.
    """

    def __init__(self, fd: int, name: str = "the recording") -> None:
        self._fd = fd
        self._name = name
        self._mapping: mmap.mmap | None = None
        self._cut = False
        self._words: Words = NOTHING
        self._data = memoryview(b"")
        self.grow()

    @property
    def words(self) -> Words:
        """The whole mapping as little-endian 32-bit words, length floor(size / 4). Raises SourceError: it shrank."""
        self._check()
        return self._words

    @property
    def data(self) -> memoryview:
        """The same bytes. Raises SourceError: it shrank."""
        self._check()
        return self._data

    @property
    def size(self) -> int:
        """Bytes mapped."""
        return len(self._data)

    @property
    def shrunk(self) -> bool:
        """Whether the file was seen shorter than what is mapped. It may still be asked when `fd` is closed."""
        mapped = len(self._data)  # before the size is asked for: another thread may map more meanwhile
        if self._mapping is not None and self._mapping.size() < mapped:
            self._cut = True
        return self._cut

    def _check(self) -> None:
        if self.shrunk:
            raise SourceError(f"{self._name}: became shorter while it was open; open it again")

    def grow(self) -> bool:
        """Map the file again when it has grown; whether it had."""
        size = os.fstat(self._fd).st_size
        if self.shrunk or size <= len(self._data):
            return False
        self._mapping = mmap.mmap(self._fd, size, prot=mmap.PROT_READ)
        self._data = memoryview(self._mapping)
        self._words = np.frombuffer(self._mapping, "<u4", size // 4)
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
