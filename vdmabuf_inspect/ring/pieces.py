"""Several places of guest memory read in as few pieces as can be."""

from itertools import accumulate

from vdmabuf_inspect.memory import Memory

NEAR = 8192
"""Bytes that are rather read than left out: a second read costs more."""

Place = tuple[int, int]
"""Guest-physical address and bytes."""


class Pieces:
    """Places that are always read together."""

    def __init__(self, memory: Memory, places: list[Place]) -> None:
        self._memory = memory
        self._pieces = _joined(places, memory)
        begins = accumulate((size for _, size in self._pieces), initial=0)
        spans = [(first, size, begin) for (first, size), begin in zip(self._pieces, begins, strict=False)]
        self.offsets = [
            next(begin + at - first for first, size, begin in spans if first <= at < first + size) for at, _ in places
        ]
        """Where each place stands in what `read` returns."""

    def read(self) -> bytes:
        """All pieces, one after the other. Raises FaultError."""
        return b"".join([self._memory.read(at, size) for at, size in self._pieces])


def _joined(places: list[Place], memory: Memory) -> list[Place]:
    """The same, neighbours joined that lie near each other with memory all the way."""
    pieces: list[Place] = []
    for at, size in sorted(places):
        first, before = pieces[-1] if pieces else (at, size)
        whole = max(before, at + size - first)
        if pieces and whole <= NEAR and memory.covers(first, whole):
            pieces[-1] = (first, whole)
        else:
            pieces.append((at, size))
    return pieces
