"""Which bytes stand on which line, where a line that has changed is followed by what it was."""

from bisect import bisect_left


class HexLines:
    """`size` bytes, `length` on a line; `before`: what they were, empty where that is not shown."""

    def __init__(self, data: bytes, length: int, before: bytes = b"") -> None:
        self.length = length
        self._blocks = -(-len(data) // length)
        self._changed = _changed(data, before, length) if before else []
        self._old = [block + place + 1 for place, block in enumerate(self._changed)]

    def __len__(self) -> int:
        return self._blocks + len(self._changed)

    def at(self, y: int) -> tuple[int, bool]:
        """(offset of the first byte of line `y`, whether it is what the line above was)."""
        place = bisect_left(self._old, y)
        if place < len(self._old) and self._old[place] == y:
            return self._changed[place] * self.length, True
        return (y - place) * self.length, False

    def of(self, offset: int) -> int:
        """The line on which the byte at `offset` stands."""
        block = offset // self.length
        return block + bisect_left(self._changed, block)


def _changed(data: bytes, before: bytes, length: int) -> list[int]:
    """Numbers of the lines in which a byte differs; what was not kept of either side is no difference."""
    both = min(len(data), len(before))
    starts = range(0, both, length)
    return [at // length for at in starts if data[at : min(at + length, both)] != before[at : min(at + length, both)]]
