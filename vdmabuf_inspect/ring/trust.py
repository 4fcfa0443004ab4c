"""What the records of one look can vouch for: memory that went back to the driver may hold anything once it is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import Descriptor, Record
from vdmabuf_inspect.ring.chain import RING_TABLE

_SAID_BY_RING = Problem.INDIRECT_NOT_NEGOTIATED | Problem.INDIRECT_WITH_NEXT | Problem.INDIRECT_LENGTH
"""Problems of an indirect chain that its descriptor in the ring has, whatever became of its table."""


def without_preimage(record: Record) -> Record:
    """An available chain that came back in the same look: its writable bytes may be the device's already."""
    return replace(record, writable_bytes=b"") if record.kind is EventKind.AVAILABLE else record


@dataclass
class Taken:
    """Ring descriptors, indirect tables and buffers that chains offered later have taken.

    `known` is False where nobody can say which those chains took: then they may have taken anything.
    """

    known: bool = True
    slots: set[int] = field(default_factory=set)
    places: set[int] = field(default_factory=set)

    def add(self, descriptors: Iterable[Descriptor]) -> None:
        """Another chain was offered."""
        for each in descriptors:
            if each.table == RING_TABLE:
                self.slots.add(each.index)
            self.places.add(each.addr)

    def from_under(self, record: Record) -> bool:
        """Whether anything of this chain is among it."""
        if not self.known:
            return bool(record.flags & EventFlag.INDIRECT) or record.chain_length > 1
        return any(
            (d.table == RING_TABLE and d.index in self.slots) or d.addr in self.places for d in record.descriptors
        )


def distrust(
    records: list[Record],
    again: set[int],
    back: Iterable[int] = (),
    later: Sequence[Iterable[Descriptor]] | None = None,
) -> tuple[list[Record], int, set[int]]:
    """Mark STALE what may be newer than its event.

    again: heads made available since the words of this look were read. back: heads returned since. later: the
    descriptors of those chains, None where they cannot be told.
    The records in their order, how many were marked, and heads that are still held but cannot be vouched for.
    """
    again, freed, taken = set(again), set(back), Taken(known=later is not None or not again)
    for chain in later or ():
        taken.add(chain)
    marked: list[Record] = []
    for record in reversed(records):
        if record.head in again or (record.head in freed and _reusable(record, taken, bool(again))):
            record = _stale(record)  # noqa: PLW2901
        if record.kind is EventKind.AVAILABLE:
            again.add(record.head)
            freed.discard(record.head)
            taken.add(record.descriptors)
        elif record.kind is EventKind.USED:
            freed.add(record.head)
        marked.append(record)
    return _follow(marked[::-1])


def _reusable(record: Record, taken: Taken, offered: bool) -> bool:
    """Whether what was read as a chain that has come back may have been another's.

    The ring's descriptors, a freed indirect table and the buffers become those of a chain that is offered later; a
    freed table that something else took looks like no chain at all.
    """
    if record.kind is not EventKind.AVAILABLE:
        return False
    broken = bool(record.flags & EventFlag.INDIRECT) and record.problems & ~_SAID_BY_RING != 0
    return broken or (offered and taken.from_under(record))


def _follow(records: list[Record]) -> tuple[list[Record], int, set[int]]:
    """A chain whose descriptors prove nothing proves nothing when it comes back."""
    doubtful: set[int] = set()
    for i, record in enumerate(records):
        if record.kind is EventKind.USED and record.head in doubtful:
            records[i] = _stale(record)
        doubtful.discard(record.head)
        if record.kind is EventKind.AVAILABLE and record.flags & EventFlag.STALE:
            doubtful.add(record.head)
    return records, sum(bool(r.flags & EventFlag.STALE) for r in records), doubtful


def _stale(record: Record) -> Record:
    return replace(record, flags=record.flags | EventFlag.STALE)
