"""What the records of one look can vouch for: memory that went back to the driver may hold anything once it is read."""

from collections.abc import Iterable
from dataclasses import replace

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record


def without_preimage(record: Record) -> Record:
    """An available chain that came back in the same look: its writable bytes may be the device's already."""
    return replace(record, writable_bytes=b"") if record.kind is EventKind.AVAILABLE else record


def distrust(records: list[Record], again: set[int], back: Iterable[int] = ()) -> tuple[list[Record], int, set[int]]:
    """Mark STALE what may be newer than its event.

    again: heads made available since the words of this look were read. back: heads returned since.
    The records in their order, how many were marked, and heads that are still held but cannot be vouched for.
    """
    again, freed = set(again), set(back)
    marked: list[Record] = []
    for record in reversed(records):
        if record.head in again or (record.head in freed and _reusable(record, bool(again))):
            record = _stale(record)  # noqa: PLW2901
        if record.kind is EventKind.AVAILABLE:
            again.add(record.head)
            freed.discard(record.head)
        elif record.kind is EventKind.USED:
            freed.add(record.head)
        marked.append(record)
    return _follow(marked[::-1])


def _reusable(record: Record, offered: bool) -> bool:
    """Whether a chain's descriptors may be others once it has come back.

    Drivers free an indirect table; the ring's descriptors become those of any chain that is `offered` later.
    """
    return record.kind is EventKind.AVAILABLE and bool(
        record.flags & EventFlag.INDIRECT or (offered and record.chain_length > 1)
    )


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
