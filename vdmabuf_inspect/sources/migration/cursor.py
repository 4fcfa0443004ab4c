"""Reads a migration stream field by field (big-endian), in pieces, never past its end."""

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.printable import printable

_PIECE = 1 << 22


class CutError(SourceError):
    """The stream ends in the middle of something."""


class Cursor:
    """A place in a file that moves on as fields are read. `at` is its offset."""

    def __init__(self, file: EvidenceFile, at: int = 0) -> None:
        self.file = file
        self.at = at
        self._start, self._data = at, b""

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises CutError when there are fewer."""
        data = self.ahead(size)[:size]
        if len(data) < size:
            raise CutError(f"{self.file.path}: the stream ends at {self.file.size:#x}")
        self.at += size
        return bytes(data)

    def skip(self, size: int) -> None:
        """Leave `size` bytes out. Raises CutError when there are fewer."""
        if self.at + size > self.file.size:
            raise CutError(f"{self.file.path}: the stream ends at {self.file.size:#x}")
        self.at += size

    def ahead(self, size: int) -> memoryview:
        """At least `size` bytes from here on, as many as are at hand, without moving; fewer at the end."""
        offset = self.at - self._start
        if offset < 0 or offset + size > len(self._data):
            self._start, self._data = self.at, self.file.read(self.at, max(size, _PIECE))
            offset = 0
        return memoryview(self._data)[offset:]

    def number(self, size: int) -> int:
        """An unsigned big-endian integer of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def name(self) -> str:
        """A string of at most 255 bytes with its length before it."""
        return printable(self.take(self.number(1)))
