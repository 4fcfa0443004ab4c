"""Builds compressed kernel dumps of any shape: codec, byte order, class, excluded pages, parts, flattened pieces."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, pack

BLOCK = 4096
FLAGS = {"raw": 0, "zlib": 1, "lzo": 2, "snappy": 4, "zstd": 0x20}


def packer(codec: str) -> Callable[[bytes], bytes]:
    """How to compress a page; skips no test by itself: ask `pytest.importorskip` before."""
    if codec == "lzo":
        from lzallright import LZOCompressor

        return LZOCompressor().compress
    if codec in ("snappy", "zstd"):
        import cramjam

        return lambda page: bytes(
            cramjam.snappy.compress_raw(page) if codec == "snappy" else cramjam.zstd.compress(page)
        )
    return zlib.compress if codec == "zlib" else bytes


@dataclass
class Dump:
    """What to write. `pages` by frame number: absent ones are excluded, `holes` are no memory at all."""

    pages: dict[int, bytes]
    pfns: int
    holes: frozenset[int] = frozenset()
    codec: str = "zlib"
    order: str = "<"
    wide: bool = True
    magic: bytes = b"KDUMP   "
    version: int = 6
    part: range | None = None

    def build(self) -> bytes:
        """The file's bytes. Equal pages share what is stored."""
        bitmap_blocks = 2 * -(-self.pfns // (8 * BLOCK))
        half = bitmap_blocks * BLOCK // 2
        head = self._header(bitmap_blocks) + self._sub_header()
        maps = _bits((p for p in range(self.pfns) if p not in self.holes), half) + _bits(self.pages, half)
        mine = sorted(p for p in self.pages if self.part is None or p in self.part)
        compress, row = packer(self.codec), Struct(self.order + "QIIQ")
        at, stored, rows, bodies = len(head + maps) + row.size * len(mine), dict[bytes, tuple[int, int]](), [], []
        for pfn in mine:
            body = min(compress(self.pages[pfn]), self.pages[pfn], key=len)  # what does not shrink is kept as it is
            if body not in stored:
                stored[body] = at, len(body)
                bodies.append(body)
                at += len(body)
            rows.append(row.pack(*stored[body], FLAGS[self.codec] if len(body) < BLOCK else 0, 0))
        return head + maps + b"".join(rows) + b"".join(bodies)

    def _header(self, bitmap_blocks: int) -> bytes:
        names = b"".join(name.ljust(65, b"\0") for name in (b"Linux", b"node", b"6.1", b"v", b"x86_64", b"domain"))
        start = self.magic + pack(self.order + "I", self.version) + names
        fields = pack(self.order + "5I", FLAGS[self.codec], BLOCK, 1, bitmap_blocks, min(self.pfns, 0xFFFFFFFF))
        return (start.ljust(424 if self.wide else 412, b"\0") + fields).ljust(BLOCK, b"\0")

    def _sub_header(self) -> bytes:
        part = self.part or range(0)
        first = pack(
            self.order + ("QIIQQ" if self.wide else "5I"), 0, 1, int(self.part is not None), part.start, part.stop
        )
        wide = pack(self.order + "3Q", part.start, part.stop, self.pfns)
        return (first.ljust(80, b"\0") + wide).ljust(BLOCK, b"\0")

    def save(self, path: Path) -> Path:
        """Write it."""
        path.write_bytes(self.build())
        return path


def flattened(data: bytes, piece: int = 3000, turn: int = 7) -> bytes:
    """`data` as makedumpfile -F writes it, in pieces that are out of order."""
    count = -(-len(data) // piece)
    starts = sorted(range(0, len(data), piece), key=lambda at: (at // piece * turn) % count)
    head = (b"makedumpfile\0\0\0\0" + pack(">qq", 1, 1)).ljust(BLOCK, b"\0")
    body = b"".join(pack(">qq", at, len(data[at : at + piece])) + data[at : at + piece] for at in starts)
    return head + body + pack(">qq", -1, -1)


def pages_of(memory: bytes) -> dict[int, bytes]:
    """Whole memory as pages by frame number."""
    return {at // BLOCK: bytes(memory[at : at + BLOCK]) for at in range(0, len(memory), BLOCK)}


def _bits(pfns: Iterable[int], size: int) -> bytes:
    bits = bytearray(size)
    for pfn in pfns:
        bits[pfn >> 3] |= 1 << (pfn & 7)
    return bytes(bits)
