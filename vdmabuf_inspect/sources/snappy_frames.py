"""Snappy's framing format: chunks of at most 64 KiB, found by their headers and unpacked when asked for."""

from array import array
from bisect import bisect_right

from vdmabuf_inspect.sources.codecs import unpacker
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.page_cache import PageCache

CHUNK = 1 << 16
"""No chunk unpacks to more."""
_PACKED, _PLAIN, _SKIPPABLE = 0x00, 0x01, 0x80
_HEADER, _CHECKSUM, _VARINT = 4, 4, 5


class SnappyFrames:
    """A stream of `size` unpacked bytes whose chunks begin at `at` of a file. A damaged chunk ends what can be read.

    `end` is the first byte behind the stream in the file.
    """

    def __init__(self, file: EvidenceFile, at: int, size: int, cache: PageCache) -> None:
        """Walk the chunks' headers until `size` bytes are found; the data is not read. `cache` is the file's."""
        self._file, self._cache = file, cache
        self._starts, self._places = array("q"), array("q")
        self.end = self._walk(at, size)

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` unpacked bytes at `offset`."""
        data, end = bytearray(), offset + size
        while offset < end:
            row = bisect_right(self._starts, offset) - 1
            chunk = self._chunk(row) if row >= 0 else b""
            part = chunk[offset - self._starts[row] :][: end - offset] if chunk else b""
            if not part:
                break
            data += part
            offset += len(part)
        return bytes(data)

    def _walk(self, at: int, size: int) -> int:
        found = 0
        while found < size:
            start = self._file.read(at, _HEADER + _CHECKSUM + _VARINT)
            if len(start) < _HEADER:
                break
            kind, length = start[0], int.from_bytes(start[1:_HEADER], "little")
            if kind in (_PACKED, _PLAIN):
                unpacked = _varint(start[_HEADER + _CHECKSUM :]) if kind == _PACKED else length - _CHECKSUM
                if not 0 < unpacked <= CHUNK:
                    break
                self._starts.append(found)
                self._places.append(at)
                found += unpacked
            elif kind < _SKIPPABLE:
                break
            at += _HEADER + length
        return at

    def _chunk(self, row: int) -> bytes:
        at = self._places[row]
        return self._cache.get(at, lambda: self._unpack(at))

    def _unpack(self, at: int) -> bytes:
        start = self._file.read(at, _HEADER)
        length = int.from_bytes(start[1:], "little") - _CHECKSUM
        data = self._file.read(at + _HEADER + _CHECKSUM, length)
        try:
            return data if start[0] == _PLAIN else unpacker("snappy")(data, CHUNK)
        except Exception:  # whatever the package raises for bytes that are damaged
            return b""


def _varint(data: bytes) -> int:
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value
    return 0
