"""Used entries of a device that uses chains in order: one entry may stand for a whole batch (virtio 1.2, 2.7.9)."""

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout

Entry = tuple[int, int, int]
"""Ring index, head, length."""


class Batches:
    """The used ring as it was at the last look: entries that a batch skipped have not changed since."""

    def __init__(self, memory: Memory, layout: QueueLayout) -> None:
        self._memory, self._layout = memory, layout
        self._before = self._table()

    def expand(self, used: list[Entry], waiting: list[int]) -> tuple[list[Entry], set[int]]:
        """An entry for every chain that was returned, and the ring indices of those for which none was written.

        `waiting`: heads that the device has, in the order in which they were made available. A batch's entry is its
        first and names its last chain. Entries that fit no batch are left as they are.
        """
        now, queue = self._table(), list(waiting)
        found: list[Entry] = []
        skipped: set[int] = set()
        at = 0
        while at < len(used):
            size = self._size(used, at, queue, now)
            first, head, length = used[at]
            heads = queue[:size] if size > 1 else [head]
            found += [(first + i & 0xFFFF, each, length if each == head else 0) for i, each in enumerate(heads)]
            skipped.update(first + i & 0xFFFF for i in range(len(heads) - 1))
            for each in heads:  # a head that was made available again meanwhile stands there twice
                if each in queue:
                    queue.remove(each)
            at += len(heads)
        self._before = now
        return found, skipped

    def _size(self, used: list[Entry], at: int, queue: list[int], now: bytes) -> int:
        head = used[at][1]
        size = queue.index(head) + 1 if head in queue else 1
        rest = used[at + 1 : at + size]
        if len(rest) < size - 1:
            return 1
        written = all(self._changed(index, now) for index, _, _ in rest)
        singly = written and {h for _, h, _ in used[at : at + size]} == set(queue[:size])
        return 1 if singly else size

    def _changed(self, index: int, now: bytes) -> bool:
        at = index % self._layout.size * 8
        return now[at : at + 8] != self._before[at : at + 8]

    def _table(self) -> bytes:
        try:
            return self._memory.read(self._layout.used + 4, 8 * self._layout.size)
        except FaultError:
            return b""
