"""Bytes of an object where they are in guest memory."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from vdmabuf_inspect.errors import FaultError, InspectError
from vdmabuf_inspect.memory import Memory

PAGE = 4096


class MemoryBytes(ABC):
    """An object's bytes in its own order, wherever they lie."""

    remark: str = ""
    """What to know of where they are; empty when messages said all of it."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes that it is said to have."""

    @abstractmethod
    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes at `offset`, fewer at the end. Raises FaultError where memory is not there."""

    @abstractmethod
    def page(self, number: int) -> bytes:
        """4096 bytes, counted from 0. Raises InspectError when there is no such page or it is not there."""

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """All bytes in order: each piece and how many of its bytes are absent; zeros stand in their place."""
        for offset in range(0, self.size, PAGE):
            wanted = min(PAGE, self.size - offset)
            try:
                yield self.read(offset, wanted), 0
            except FaultError:
                yield bytes(wanted), wanted


@dataclass(frozen=True, eq=False)
class RunBytes(MemoryBytes):
    """Bytes that lie in `runs` of (guest-physical address, length), one after another."""

    memory: Memory
    runs: tuple[tuple[int, int], ...]
    remark: str = ""

    @cached_property
    def _begins(self) -> list[int]:
        """Where each run begins, and where the last one ends."""
        return list(accumulate((length for _, length in self.runs), initial=0))

    @property
    def size(self) -> int:
        return self._begins[-1]

    def read(self, offset: int, size: int) -> bytes:
        end, parts = min(offset + size, self.size), []
        while offset < end:
            place = bisect_right(self._begins, offset) - 1
            inside = offset - self._begins[place]
            address, length = self.runs[place]
            wanted = min(length - inside, end - offset)
            parts.append(self.memory.read(address + inside, wanted))
            offset += wanted
        return b"".join(parts)

    def page(self, number: int) -> bytes:
        if not 0 <= number * PAGE < self.size:
            raise InspectError(f"page {number}: there are {-(-self.size // PAGE)} of 4096 bytes, counted from 0")
        return self.read(number * PAGE, PAGE)
