"""The page map of a buffer: its pages in runs, what is not there, and what other buffers have too."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.protocols.declared.contents import Contents
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE, Op
from vdmabuf_inspect.protocols.vdmabuf.pages import PageMap, Presence, Run, listed_map, page_map, unpack_map
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.contents import device_of, held_of, told_rows
from vdmabuf_inspect.views.decode import decode, message_op
from vdmabuf_inspect.views.names import buffer_name
from vdmabuf_inspect.views.reading import declared_device, dialect_of, message_of

MOST_OTHERS = 64
"""Other live buffers whose pages are compared."""


@dataclass(frozen=True)
class Extent:
    """What the latest export says of the buffer's bytes; `row` is that event's."""

    row: int
    reference: int
    pages: int
    first_offset: int
    last_length: int

    @property
    def size(self) -> int:
        """Bytes of the buffer, 0 where the numbers make no sense."""
        return max(0, self.pages * PAGE_SIZE - self.first_offset - PAGE_SIZE + self.last_length)


@dataclass(frozen=True)
class MapRow:
    """A stretch of pages: `first` counts within the buffer; `shared` are the names of other live buffers."""

    first: int
    run: Run
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class BufferPages:
    """A buffer's page map. `seq` is the event that holds it, 0 where it was read from memory just now."""

    found: PageMap
    seq: int
    rows: tuple[MapRow, ...]


def extent(session: Session, number: int, seq: int) -> Extent | None:
    """The buffer's extent as of a moment; None before its first export and of other protocols."""
    row = lives(session).at(number, seq).export_row
    if row < 0 or declared_device(session, row) is not None:
        return None
    dialect, data = dialect_of(session, row), message_of(session, row)
    if message_op(dialect, data) is not Op.EXPORT or len(data) < dialect.size:
        return None
    values = {field.path: field.value for field in decode(dialect, data)}
    pages, first, last = (int(values[f"op.{name}"]) for name in ("pages", "first_offset", "last_length"))
    return Extent(row, int(values["op.reference"], 16), pages, first, last)


def buffer_pages(session: Session, number: int, seq: int, memory: Memory | None) -> BufferPages | None:
    """The page map at a moment: from `memory` where that is given, else as it was recorded. None where neither is."""
    known = _map_of(session, number, seq, memory)
    if known is None:
        return None
    found, at = known
    return BufferPages(found, at, map_rows(found, _others(session, number, seq, memory)))


def map_rows(found: PageMap, others: Mapping[str, PageMap]) -> tuple[MapRow, ...]:
    """The runs of a map, cut where what other buffers have begins and ends."""
    rows, first = [], 0
    for run in found.runs:
        for part, shared in _cut(run, others):
            rows.append(MapRow(first, part, shared))
            first += part.pages
    return tuple(rows)


def _cut(run: Run, others: Mapping[str, PageMap]) -> list[tuple[Run, tuple[str, ...]]]:
    spans = [
        (name, max(run.gpa, each.gpa), min(run.end, each.end))
        for name, other in others.items()
        for each in other.runs
        if each.gpa < run.end and each.end > run.gpa
    ]
    cuts = sorted({run.gpa, run.end, *(edge for _, *edges in spans for edge in edges)})
    return [
        (
            Run(begin, (end - begin) // PAGE_SIZE, run.table, run.presence),
            tuple(dict.fromkeys(name for name, low, high in spans if low <= begin and end <= high)),
        )
        for begin, end in zip(cuts, cuts[1:], strict=False)
        if end - begin >= PAGE_SIZE
    ]


def _map_of(session: Session, number: int, seq: int, memory: Memory | None) -> tuple[PageMap, int] | None:
    """Of what has ended what was recorded: nothing can have changed since. A dump may have left pages out."""
    if device_of(session, number) is not None:
        return _held_map(session, number, seq, memory)
    known = recorded_map(session, number, seq) if memory is None or session.finished else None
    said = None if memory is None or known is not None else extent(session, number, seq)
    if memory is None or said is None:
        return known
    return page_map(memory, said.reference, said.pages, whole=not session.finished), 0


def _held_map(session: Session, number: int, seq: int, memory: Memory | None) -> tuple[PageMap, int] | None:
    """The pages of an object of another protocol, and the event that said them, 0 where that was missed."""
    held, device = held_of(session, number, seq, memory), device_of(session, number)
    if held is None or device is None or not held.runs:
        return None
    said = told_rows(session, device, number, seq)
    row = int(session.messages.row[said[-1]]) + 1 if len(said) else 0
    return listed_map(_pages_of(held), memory, whole=not session.finished), row


def _pages_of(held: Contents) -> Array:
    """uint64[n]: the pages that the runs touch, at most MAX_PAGES."""
    parts, left = [], MAX_PAGES
    for at, size in held.runs:
        count = min((at + size - 1) // PAGE_SIZE - at // PAGE_SIZE + 1 if size else 0, left)
        first = np.uint64(at - at % PAGE_SIZE)
        parts.append(first + np.arange(count, dtype=np.uint64) * np.uint64(PAGE_SIZE))
        left -= count
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def recorded_map(session: Session, number: int, seq: int) -> tuple[PageMap, int] | None:
    """The latest reading of the buffer's pages among the first `seq` events, and its sequence number."""
    log = session.pages
    mine = np.flatnonzero(log.object[: place(log.row, seq)] == number)
    if not len(mine):
        return None
    row = int(log.row[mine[-1]])
    found = unpack_map(session.record(row).readable_bytes)
    return None if found is None else (found, row + 1)


def _others(session: Session, number: int, seq: int, memory: Memory | None) -> dict[str, PageMap]:
    """What was recorded of other live buffers; of one that was not read yet, what memory has."""
    live = np.flatnonzero(live_mask()[Moment(session, seq).states])
    found = {}
    for other in [int(n) for n in live if n != number][:MOST_OTHERS]:
        known = recorded_map(session, other, seq) or _map_of(session, other, seq, memory)
        if known is not None:
            found[buffer_name(session, other)] = known[0]
    return found


def missing_words(found: PageMap) -> str:
    """`3 pages absent, 1 outside the guest's memory`; empty when all are there."""
    counts = ((found.count(Presence.ABSENT), "absent"), (found.count(Presence.OUTSIDE), "outside the guest's memory"))
    return ", ".join(f"{n} page{'s' * (n != 1)} {words}" for n, words in counts if n)
