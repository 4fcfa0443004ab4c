"""Goes through a mapped pcapng file from front to back, a window at a time, and keeps what sections declare."""

import numpy as np

from vdmabuf_inspect.capture.batch import Longs, Store, Words
from vdmabuf_inspect.capture.blocks import Damage, Interface, Section, interface, length_fault, open_section
from vdmabuf_inspect.capture.index import Piece, bulk
from vdmabuf_inspect.capture.packets import Columns, Table, select
from vdmabuf_inspect.capture.schema import Block

WINDOW = 1 << 20
"""Words looked at together: 4 MiB."""
MOST = 1 << 17
"""Sections, and interfaces, of one file; more are an attack on our memory, for no recorder makes them."""


class Scan:
    """Where reading stands. `damage` is set for good once the file stops making sense."""

    def __init__(self, store: Store) -> None:
        self.sections: list[Section] = []
        self.interfaces: list[Interface] = []
        self.damage: Damage | None = None
        self.position = 0
        """Bytes understood so far, always the start of a block."""
        self._store = store
        self._table = Table(0)

    def advance(self) -> Columns | None:
        """The records of the next window, perhaps none of them; None when nothing more can be read now."""
        if self.damage is not None or not self._open_sections():
            return None
        words, start = self._words(), self.position // 4
        piece = bulk(words, start, self._end(words, start))
        columns = self._take(words, piece)
        self.position = piece.stop * 4
        if piece.fault:
            self._fail(piece.fault)
        return columns if len(piece.starts) else None

    def finish(self) -> None:
        """Say that nothing more will come: bytes left over are damage."""
        left = self._store.size - self.position
        if left and self.damage is None:
            self._fail(f"the file ends {left} bytes into a block")

    def _words(self) -> Words:
        return self._store.words if self.sections[-1].order == "<" else self._store.words.view(">u4")

    def _end(self, words: Words, start: int) -> int:
        """Where the window ends: WINDOW on, or behind the next block when that one is longer."""
        ahead = WINDOW
        if start + 1 < len(words) and not length_fault(int(words[start]), size := int(words[start + 1])):
            ahead = max(WINDOW, size // 4)
        return min(len(words), start + ahead)

    def _open_sections(self) -> bool:
        """Read the section headers that stand here; whether blocks of a section may follow."""
        if self._store.shrunk:
            return self._fail("the file became shorter while it was read")
        words = self._store.words
        while self.position // 4 < len(words) and words[self.position // 4] == Block.SECTION:
            if not self._open_section():
                return False
        if not self.sections and len(words):
            return self._fail("no section header")
        return bool(self.sections)

    def _open_section(self) -> bool:
        if len(self.sections) >= MOST:
            return self._fail(f"more than {MOST} sections")
        found = open_section(self._store.data[self.position :])
        if isinstance(found, str):
            return self._fail(found)
        if found is None:
            return False
        self.sections.append(found[0])
        self._table = Table(len(self.interfaces))
        self.position += found[1]
        return True

    def _fail(self, reason: str) -> bool:
        self.damage = Damage(self.position, reason)
        return False

    def _take(self, words: Words, piece: Piece) -> Columns:
        kinds = words[piece.starts]
        packets = kinds == int(Block.ENHANCED)
        declared = kinds == int(Block.INTERFACE)
        known: Longs = len(self._table.linktypes) + np.cumsum(declared)[packets]
        for at in piece.starts[declared].tolist():
            if len(self.interfaces) >= MOST:
                self.damage = Damage(at * 4, f"more than {MOST} interfaces")
                break
            self._declare(words, at)
        known = np.minimum(known, len(self._table.linktypes))
        return select(words, self._store.words, piece.starts[packets], known, self._table)

    def _declare(self, words: Words, at: int) -> None:
        """Take note of an interface; one too short to be read still counts, so that numbers stay right."""
        size = int(words[at + 1])
        body = bytes(self._store.data[at * 4 + 8 : at * 4 + size - 4])
        number = len(self.sections) - 1
        found = interface(body, self.sections[-1].order, number) or Interface("", -1, 6, number)
        self.interfaces.append(found)
        self._table.linktypes.append(found.linktype)
        self._table.clocks.append((found.tsresol, found.tsoffset))
