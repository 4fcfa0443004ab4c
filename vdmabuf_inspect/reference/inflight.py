"""Which chains the device has, in memory that outlives it: the vhost-user regions of GET_INFLIGHT_FD.

The layouts and the order of every store are those of the vhost-user specification ("Inflight I/O tracking").
"""

from collections.abc import Sequence
from struct import Struct

VERSION = 1
"""Of the region's layout; 0 says that nobody has used it yet."""
ALIGN = 64
_U16, _U64 = Struct("=H"), Struct("=Q")


def aligned(size: int) -> int:
    """Bytes that one queue takes of a region."""
    return -(-size // ALIGN) * ALIGN


class Words:
    """Numbers in a queue's part of a region, each stored at once."""

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def load16(self, at: int) -> int:
        """A 16-bit number."""
        return int(_U16.unpack_from(self._view, at)[0])

    def store16(self, at: int, *values: int) -> None:
        """16-bit numbers, one after the other."""
        for i, value in enumerate(values):
            _U16.pack_into(self._view, at + 2 * i, value & 0xFFFF)

    def load64(self, at: int) -> int:
        """A 64-bit number."""
        return int(_U64.unpack_from(self._view, at)[0])

    def store64(self, at: int, value: int) -> None:
        """A 64-bit number."""
        _U64.pack_into(self._view, at, value)

    def load8(self, at: int) -> int:
        """A byte."""
        return self._view[at]

    def store8(self, at: int, value: int) -> None:
        """A byte."""
        self._view[at] = value


class SplitTrack:
    """A split queue's part of the region: a header of 16 bytes, then 16 bytes a descriptor."""

    LAYOUT, LAST, USED = 8, 12, 14
    HELD, NEXT, COUNTER = 0, 6, 8

    def __init__(self, view: memoryview, size: int) -> None:
        self._words, self._size = Words(view), size
        self._counter = 0

    @staticmethod
    def room(size: int) -> int:
        """Bytes for a queue of `size` descriptors."""
        return aligned(16 + 16 * size)

    @property
    def is_new(self) -> bool:
        """Nobody has used it yet."""
        return not self._words.load16(self.LAYOUT)

    def resume(self, used_idx: int) -> list[int]:
        """Heads that an earlier device had taken and not returned, in its order; the ring's index is `used_idx`."""
        if self.is_new:
            self._words.store16(self.LAYOUT, VERSION, self._size, 0, used_idx)
        self._finish(used_idx)
        held = [i for i in range(self._size) if self._words.load8(self._entry(i) + self.HELD)]
        held.sort(key=lambda i: self._words.load64(self._entry(i) + self.COUNTER))
        if held:
            self._counter = self._words.load64(self._entry(held[-1]) + self.COUNTER) + 1
        return held

    def take(self, head: int) -> None:
        """A chain was taken."""
        if head < self._size:
            self._words.store64(self._entry(head) + self.COUNTER, self._counter)
            self._words.store8(self._entry(head) + self.HELD, 1)
            self._counter += 1

    def returning(self, heads: Sequence[int]) -> None:
        """These chains are about to be returned by one store of the used index."""
        for head in heads:
            self._words.store16(self._entry(head) + self.NEXT, self._words.load16(self.LAST))
            self._words.store16(self.LAST, head)

    def returned(self, used_idx: int) -> None:
        """They were; the used index is `used_idx` now."""
        self._finish(used_idx)

    def _finish(self, used_idx: int) -> None:
        """Let go of the last batch where the ring shows that it was returned."""
        head = self._words.load16(self.LAST)
        for _ in range(min((used_idx - self._words.load16(self.USED)) & 0xFFFF, self._size)):
            self._words.store8(self._entry(head) + self.HELD, 0)
            head = self._words.load16(self._entry(head) + self.NEXT)
        self._words.store16(self.USED, used_idx)

    def _entry(self, index: int) -> int:
        return 16 + 16 * (index % self._size)
