"""What the records of one look can vouch for: memory that went back to the driver may hold anything once it is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import Descriptor, Record
from vdmabuf_inspect.ring.chain import RING_TABLE

_SAID_BY_RING = Problem.HEAD_OUT_OF_RANGE | Problem.INDIRECT_NOT_NEGOTIATED | Problem.INDIRECT_WITH_NEXT
"""Problems that stand in two bytes of the ring: whichever chain they are of, somebody wrote them."""


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
    *,
    at_once: bool = False,
) -> tuple[list[Record], int, set[int]]:
    """Mark STALE what may be newer than its event.

    again: heads made available since the words of this look were read. back: heads returned since, or perhaps before.
    later: the descriptors of those chains, None where they cannot be told. at_once: the ring's descriptors were read
    with the words, so that only indirect tables and buffers can be newer.
    The records in their order, how many were marked, and heads that are still held but cannot be vouched for.
    """
    again, freed, taken = set(again), set(back), Taken(known=later is not None or not again)
    for chain in later or ():
        taken.add(chain)
    too_long: set[int] = set()
    marked: list[Record] = []
    for record in reversed(records):
        broken = _broken(record, at_once) or (record.head in too_long and bool(record.flags & EventFlag.INDIRECT))
        if record.head in again or (record.head in freed and _reusable(record, taken, broken, bool(again))):
            record = _stale(record)  # noqa: PLW2901
        if record.kind is EventKind.AVAILABLE:
            again.add(record.head)
            freed.discard(record.head)
            too_long.discard(record.head)
            taken.add(record.descriptors)
        elif record.kind is EventKind.USED:
            freed.add(record.head)
            too_long |= {record.head} if record.used_len > record.writable else set()
        marked.append(record)
    return _follow(marked[::-1])


def _broken(record: Record, at_once: bool) -> bool:
    """Whether something that was read when it may have been freed looks like no chain at all."""
    said = bool(at_once and not record.flags & EventFlag.INDIRECT)
    return not said and record.problems & ~_SAID_BY_RING != 0


def _reusable(record: Record, taken: Taken, broken: bool, offered: bool) -> bool:
    """Whether what was read as a chain that has come back may have been another's.

    The ring's descriptors, a freed indirect table and the buffers become those of a chain that is offered later, or
    is being prepared.
    """
    return record.kind is EventKind.AVAILABLE and (broken or (offered and taken.from_under(record)))


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
