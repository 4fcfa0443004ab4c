"""The `ram` section of a migration stream: its blocks, and where their pages stand."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.migration.cursor import Cursor
from vdmabuf_inspect.sources.migration.pages import PACKED, PageIndex

ZERO, MEM_SIZE, PAGE, EOS, CONTINUE, XBZRLE, PACKED_PAGE, FLUSH = 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x100, 0x200
_FLAGS = 0xFFF
"""A page's offset has none of these bits."""
_MAX_BLOCKS = 4096
_FIRST_LOOK = 16
_LIMIT = 1 << 62
IGNORE_SHARED, MAPPED, MULTIFD = "x-ignore-shared", "mapped-ram", "multifd"
_NOT_INSIDE = {
    IGNORE_SHARED: "leaves shared memory out (x-ignore-shared); migrate again with the capability off",
    MAPPED: "is a mapped-ram file, which is not read; migrate again with the capability off",
    MULTIFD: "keeps its pages in other channels (multifd); migrate again with the capability off",
}


@dataclass(frozen=True)
class Block:
    """A RAM block: its name, its size in bytes, and where its pages stand."""

    name: str
    size: int
    pages: PageIndex


class Ram:
    """The blocks of a stream, filled as its sections are read."""

    def __init__(self, name: str, page_size: int, capabilities: frozenset[str]) -> None:
        """Raises SourceError for capabilities that keep the pages elsewhere. `name` is the file's."""
        for capability in capabilities & _NOT_INSIDE.keys():
            raise SourceError(f"{name}: {_NOT_INSIDE[capability]}")
        self.blocks: dict[str, Block] = {}
        self._name, self._page_size = name, page_size
        self._last: Block | None = None
        self._runs = ((PAGE | CONTINUE, 8 + page_size), (ZERO | CONTINUE, 9))

    def read(self, cursor: Cursor) -> None:
        """One section's body, up to its end mark. Raises SourceError, CutError."""
        while True:
            at, word = cursor.at, cursor.number(8)
            flags, offset = word & _FLAGS, word & ~_FLAGS
            if flags & MEM_SIZE:
                self._sizes(cursor, offset)
            elif flags & EOS:
                return
            elif flags & (ZERO | PAGE | PACKED_PAGE | XBZRLE):
                self._page(cursor, flags, offset)
            elif not flags & FLUSH:
                raise SourceError(f"{self._name}: a damaged stream (page flags {flags:#x} at {at:#x})")

    def settle(self) -> None:
        """Nothing more will come."""
        for block in self.blocks.values():
            block.pages.settle()

    def _sizes(self, cursor: Cursor, total: int) -> None:
        while total > 0:
            name, size = cursor.name(), cursor.number(8)
            if not 0 < size < _LIMIT or len(self.blocks) == _MAX_BLOCKS:
                raise SourceError(f"{self._name}: a damaged stream (a RAM block of {size} bytes)")
            self.blocks[name] = Block(name, size, PageIndex(size, self._page_size))
            self._host_page_size(cursor)
            total -= size

    def _host_page_size(self, cursor: Cursor) -> None:
        """With post-copy allowed, blocks on huge pages say so: a number without flags where a name would begin."""
        ahead = int.from_bytes(cursor.ahead(8)[:8], "big")
        if ahead and not ahead & _FLAGS and ahead < 1 << 40:
            cursor.skip(8)

    def _page(self, cursor: Cursor, flags: int, offset: int) -> None:
        if flags & XBZRLE:
            raise SourceError(f"{self._name}: holds pages as differences; migrate again with the capability xbzrle off")
        block = self._block(cursor, flags)
        if offset >= block.size:
            raise SourceError(f"{self._name}: a damaged stream (a page at {offset:#x} of {block.name})")
        if flags & ZERO:
            place = -1 - cursor.number(1)
        elif flags & PACKED_PAGE:
            place = cursor.at | PACKED
            cursor.skip(cursor.number(4))
        else:
            place = cursor.at
            cursor.skip(self._page_size)
        block.pages.add(np.array([offset], np.int64), np.array([place], np.int64))
        for run_flags, stride in self._runs:
            self._run(cursor, block, run_flags, stride)

    def _block(self, cursor: Cursor, flags: int) -> Block:
        block = self._last if flags & CONTINUE else self.blocks.get(cursor.name())
        if block is None:
            raise SourceError(f"{self._name}: a damaged stream (a page of an unknown block at {cursor.at:#x})")
        self._last = block
        return block

    def _run(self, cursor: Cursor, block: Block, flags: int, stride: int) -> None:
        """Further pages of the same kind and block, many at once; a look ahead grows while it finds them."""
        window = _FIRST_LOOK
        while True:
            data = cursor.ahead(stride)
            wanted = min(len(data) // stride, window)
            if not wanted or int.from_bytes(data[6:8], "big") & _FLAGS != flags:
                return
            words = np.ndarray((wanted,), ">u8", data, strides=(stride,)).astype(np.int64)
            same = (words & _FLAGS) == flags
            count = wanted if same.all() else int(same.argmin())
            places = cursor.at + 8 + stride * np.arange(count, dtype=np.int64)
            if flags & ZERO:
                places = -1 - np.ndarray((count,), np.uint8, data, 8, (stride,)).astype(np.int64)
            block.pages.add(words[:count] & ~_FLAGS, places)
            cursor.skip(stride * count)
            if count < wanted:
                return
            window *= 8
