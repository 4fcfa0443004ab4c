"""A ring in a lone memory snapshot: what is outstanding now, and what past entries still show."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.split.outstanding import history, outstanding_heads
from vdmabuf_inspect.ring.split.walk import walk
from vdmabuf_inspect.ring.split.watch import Watcher
from vdmabuf_inspect.ring.split.words import read_words


def still_records(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int = 65536) -> list[Record]:
    """START, then the entries that the rings still hold.

    Past entries are PRESUMED and STALE: their descriptors and bytes may since have been used for something else;
    where that is certain, because the same head was used again, they have none.
    Chains that are outstanding are PRESUMED only: their bytes are what the device has now.
    """
    first, *rest = Watcher(memory, layout, snaplen).start(now_ns, complete=False)
    words = read_words(memory, layout) if 0 < layout.size <= MAX_SIZE else None
    if words is None:
        return [first, *rest]
    held = {head for _, head in outstanding_heads(memory, layout, words)}
    presumed = [r for r in rest if r.kind is EventKind.AVAILABLE]
    looks = [r for r in rest if r.kind is not EventKind.AVAILABLE]
    return [first, *looks, *_past(memory, layout, now_ns, snaplen, held), *presumed]


def unnamed_requests(memory: Memory, layout: QueueLayout, named: set[int], most: int = 65536) -> Iterator[bytes]:
    """The device-readable bytes, `most` of each, of chains that begin at descriptors other than the `named` ones.

    A descriptor from within a chain is told like one that begins it.
    """
    for index in range(layout.size if 0 < layout.size <= MAX_SIZE else 0):
        if index not in named and (data := walk(memory, layout, index).read(memory, False, most)):
            yield data


def _past(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int, held: set[int]) -> list[Record]:
    words = read_words(memory, layout)
    assert words is not None
    available, used = history(memory, layout, words)
    for head in held:  # the latest entry of an outstanding head is told as outstanding, not as past
        newest = max((i for i, (_, h) in enumerate(available) if h == head), default=None)
        if newest is not None:
            del available[newest]
    heads = {head for _, head in available}
    used = [entry for entry in used if entry[1] in heads]
    kept = _latest(available, held), _latest(used, held)
    a, u = iter(enumerate(available)), iter(enumerate(used))
    records = []
    for turn in merge(available, used, set()):
        at, entry = next(a) if turn == 0 else next(u)
        kind = EventKind.AVAILABLE if turn == 0 else EventKind.USED
        record = Record(
            kind, now_ns, layout.device, layout.index, EventFlag.PRESUMED | EventFlag.STALE,
            head=entry[1] & 0xFFFF, index=entry[0], used_len=entry[2] if len(entry) > 2 else 0,
        )  # fmt: skip
        records.append(_with_bytes(record, memory, layout, snaplen) if at in kept[turn] else record)
    return records


def _latest(entries: Sequence[tuple[int, ...]], held: set[int]) -> set[int]:
    """Places of the entries whose bytes may still be there: each head's latest, unless the head is in use again."""
    return set({entry[1]: at for at, entry in enumerate(entries) if entry[1] not in held}.values())


def _with_bytes(record: Record, memory: Memory, layout: QueueLayout, snaplen: int) -> Record:
    chain = walk(memory, layout, record.head)
    record = replace(
        record, readable=chain.total(False), writable=chain.total(True), chain_length=len(chain.descriptors)
    )
    if record.kind is EventKind.USED:
        return replace(record, writable_bytes=chain.read(memory, True, snaplen))
    return replace(record, descriptors=chain.descriptors, readable_bytes=chain.read(memory, False, snaplen))
