"""From the packet blocks of a stretch to columns: which of them are records, when, where, how long, with what note."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vdmabuf_inspect.capture.batch import Longs, Words
from vdmabuf_inspect.capture.blocks import options
from vdmabuf_inspect.capture.clock import Ticks, nanoseconds
from vdmabuf_inspect.capture.schema import LINKTYPE, Option
from vdmabuf_inspect.model.columns import distinct
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import HEADER, MAGIC, VERSION

_COMMENT, _END = int(Option.COMMENT), int(Option.END)  # plain numbers, for NumPy widens words to meet an enum
Mask = np.ndarray[Any, np.dtype[np.bool_]]
_FLAGS = int(Option.FLAGS) | 4 << 16
"""What the options of most records begin and end with: the direction, nothing else."""
_KINDS = int(min(EventKind)), int(max(EventKind))
OPTIONS_READ = 64
"""Options of one packet that are looked at; a note behind more of them is not seen."""


@dataclass(slots=True)
class Table:
    """The interfaces of the section at hand, as columns: local number to link type and clock."""

    base: int
    """Number in the whole file of the section's first interface."""
    linktypes: list[int] = field(default_factory=list)
    clocks: list[tuple[int, int]] = field(default_factory=list)

    def ours(self) -> Mask:
        """Whether each interface may carry records (Batch numbers interfaces in 16 bits)."""
        room = max(0, 65536 - self.base)
        return np.array([t == LINKTYPE and i < room for i, t in enumerate(self.linktypes)], np.bool_)


@dataclass(frozen=True, slots=True)
class Columns:
    """Records of one stretch; the arrays are as in Batch."""

    time_ns: Longs
    offset: Longs
    size: Words
    interface: np.ndarray[Any, np.dtype[np.uint16]]
    notes: dict[int, str]
    """Row to comment."""
    skipped: int
    """Packets on our link type that are no records of this version."""
    newest: int
    """The highest record version among the skipped."""
    others: int
    """Packets of other link types."""


def select(words: Words, little: Words, at: Longs, known: Longs, table: Table) -> Columns:
    """The records among the enhanced packet blocks at word indices `at`.

    `words` is the file in the section's byte order, `little` the same in little-endian, `known` the number of
    the section's interfaces declared ahead of each block.
    """
    length = words[at + 1].astype(np.int64)
    whole = length >= 32
    at, length, known = at[whole], length[whole], known[whole]
    local = words[at + 2].astype(np.int64)
    declared = local < known
    mine = declared.copy()
    mine[declared] = table.ours()[local[declared]]
    size = words[at + 5]
    valid, newest = _records(little, at, size, length, mine)
    at, size, local = at[valid], size[valid], local[valid]
    notes = _notes(words, at, size.astype(np.int64), length[valid])
    return Columns(
        _times(words, at, local, table),
        (at + 7) * 4,
        size.astype(np.uint32),
        (local + table.base).astype(np.uint16),
        notes,
        int(mine.sum() - valid.sum()),
        newest,
        int(len(mine) - mine.sum()),
    )


def _records(little: Words, at: Longs, size: Words, length: Longs, mine: Mask) -> tuple[Mask, int]:
    """Which packets are records that can be read, and the highest record version newer than ours."""
    fits = mine & (size >= HEADER.itemsize) & (size <= length - 32)
    first = np.zeros(len(at), np.uint32)
    first[fits] = little[at[fits] + 7]
    marked = (first & 0xFFFF) == MAGIC
    version = (first >> 16) & 0xFF
    newer = version[marked & (version > VERSION)]
    kind = first >> 24
    known = (kind >= _KINDS[0]) & (kind <= _KINDS[1])
    return marked & known & (version == VERSION), int(newer.max()) if len(newer) else 0


def _times(words: Words, at: Longs, local: Longs, table: Table) -> Longs:
    ticks: Ticks = words[at + 3].astype(np.uint64) << np.uint64(32) | words[at + 4]
    clocks = {clock: number for number, clock in enumerate(dict.fromkeys(table.clocks))}
    if len(clocks) == 1:
        return nanoseconds(ticks, *table.clocks[0])
    time = np.zeros(len(at), np.int64)
    which = np.array([clocks[c] for c in table.clocks], np.int64)[local]
    kinds = list(clocks)
    for number in distinct(which).tolist():
        rows = which == number
        time[rows] = nanoseconds(ticks[rows], *kinds[number])
    return time


def _notes(words: Words, at: Longs, size: Longs, length: Longs) -> dict[int, str]:
    """Comments by row: option codes are followed for all packets at once."""
    shift = 0 if words.dtype.str[0] == "<" else 16
    here, end = at + 7 + ((size + 3) >> 2), at + (length >> 2) - 1
    rows = np.flatnonzero(end - here >= 2)
    rows = rows[(words[here[rows]] != _FLAGS) | (end - here != 3)[rows]]
    found: list[int] = []
    here, end = here[rows], end[rows]
    for _ in range(OPTIONS_READ):
        if not len(rows):
            break
        word = words[here]
        code = (word >> shift) & 0xFFFF
        found += rows[code == _COMMENT].tolist()
        here = here + 1 + ((((word >> (16 - shift)) & 0xFFFF).astype(np.int64) + 3) >> 2)
        more = (code != _END) & (here < end)
        rows, here, end = rows[more], here[more], end[more]
    return {row: text for row in sorted(set(found)) if (text := _comment(words, at[row], size[row], length[row]))}


def _comment(words: Words, at: int, size: int, length: int) -> str:
    order = "<" if words.dtype.str[0] == "<" else ">"
    data = words[at + 7 + (size + 3) // 4 : at + length // 4 - 1].tobytes()
    lines = [value for code, value in options(data, order) if code == _COMMENT]
    return "\n".join(line.decode("utf-8", "replace") for line in lines)
