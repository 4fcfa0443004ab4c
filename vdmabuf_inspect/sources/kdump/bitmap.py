"""A dump's bitmaps: which pages the machine has, which of them were dumped, and where each stands among them."""

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory.extents import Column
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.kdump.header import Header

_BLOCK = 64
"""Bytes of bitmap for each prefix count."""
Bits = NDArray[np.uint8]


class Bitmap:
    """Page frame numbers as bits, the lowest bit of a byte first."""

    def __init__(self, bits: Bits) -> None:
        """`bits` is one byte for eight PFNs."""
        self._bits = np.pad(bits, (0, -len(bits) % _BLOCK))
        counts = np.bitwise_count(self._bits.reshape(-1, _BLOCK)).sum(1, dtype=np.int64)
        self._before = np.concatenate([[0], np.cumsum(counts)])

    def run(self, pfn: int, limit: int) -> int:
        """How many bits are set from `pfn` on before the first that is not, at most `limit`."""
        bits = np.unpackbits(self._bits[pfn >> 3 : (pfn + limit + 7) >> 3], bitorder="little")[pfn & 7 :][:limit]
        return len(bits) if bits.all() else int(bits.argmin())

    def rank(self, pfn: int) -> int:
        """How many bits are set below `pfn`."""
        pfn = min(pfn, 8 * len(self._bits))
        block, byte = (pfn >> 3) // _BLOCK, pfn >> 3
        part = int(np.bitwise_count(self._bits[block * _BLOCK : byte]).sum())
        last = int(self._bits[byte]) & ((1 << (pfn & 7)) - 1) if pfn & 7 else 0
        return int(self._before[block]) + part + last.bit_count()


def read_bitmaps(file: EvidenceFile, header: Header) -> tuple[Bits, Bits]:
    """The pages that the machine has and those that were dumped; bits from `header.pfns` on are cleared."""
    data = bytearray()
    while len(data) < header.bitmap_size:
        part = file.read(header.bitmap_at + len(data), min(header.bitmap_size - len(data), MAX_READ))
        data += part or bytes(header.bitmap_size - len(data))
    bits = np.frombuffer(data, np.uint8)
    half = len(bits) // 2
    if 8 * half >= header.pfns:  # two bitmaps; one alone, as old dumps have it, has no room for a second
        return _cut(bits[:half], header.pfns), _cut(bits[half : 2 * half], header.pfns)
    whole = _cut(bits, header.pfns)
    return whole, whole


def runs(bits: Bits) -> tuple[Column, Column]:
    """First PFN and number of PFNs of each run of set bits; takes memory for the runs, not for the bits."""
    before = np.concatenate([[np.uint8(0)], bits[:-1] >> 7]) if len(bits) else bits
    edges = bits ^ ((bits << 1) | before).astype(np.uint8)
    rows = np.flatnonzero(edges)
    each = np.unpackbits(edges[rows], bitorder="little").reshape(-1, 8)
    at, bit = np.nonzero(each)
    places = rows[at] * 8 + bit
    if len(places) % 2:
        places = np.append(places, len(bits) * 8)
    return places[0::2].astype(np.int64), (places[1::2] - places[0::2]).astype(np.int64)


def _cut(bits: Bits, pfns: int) -> Bits:
    if pfns >= 8 * len(bits):
        return bits
    kept = bits[: -(-pfns // 8)].copy()
    if pfns & 7:
        kept[-1] &= (1 << (pfns & 7)) - 1
    return kept
