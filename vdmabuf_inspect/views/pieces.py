"""The descriptors of an event's chain: where each stands in the ring, and which of the bytes shown are its own."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Descriptor, Record
from vdmabuf_inspect.session.session import Session

_NEXT, _INDIRECT = 1, 4


@dataclass(frozen=True)
class Piece:
    """One descriptor. `offset`, `size`: its bytes among those shown, size 0 where none are. `packed`: of the ring."""

    descriptor: Descriptor
    packed: bool
    offset: int = 0
    size: int = 0

    @property
    def name(self) -> str:
        """`descriptor 5` of a split ring's table, `slot 5` of a packed ring, `indirect 0` of a table of its own."""
        kind = "indirect" if self.descriptor.table else "slot" if self.packed else "descriptor"
        return f"{kind} {self.descriptor.index}"

    @property
    def text(self) -> str:
        """Address, length, what the device may do with it, and what follows."""
        entry = self.descriptor
        if entry.flags & _INDIRECT and not entry.table:
            return f"{entry.addr:#x} +{entry.len}: a table of {entry.len // 16}"
        words = [f"{entry.addr:#x} +{entry.len}", "device-writable" if entry.writable else "device-readable"]
        words += [f"→ {entry.next}"] if entry.flags & _NEXT and not self.packed else []
        return " ".join(words)


def pieces_of(session: Session, row: int, record: Record, shown: int, sides: tuple[bool, ...]) -> tuple[Piece, ...]:
    """The chain of the event at `row`, of which `shown` bytes are shown.

    sides: whose bytes they are, one part after the other: False for device-readable ones, True for writable ones.
    """
    offered = _offered(session, row, record)
    if offered is None:
        return ()
    queue = session.queues.queues[int(session.events.qid[row])]
    epoch = queue.epoch_at(row + 1)
    packed = bool(epoch and epoch.layout.packed)
    at = _begins(record, sides)
    found = []
    for entry in offered.descriptors:
        offset = at.get(entry.writable, shown)
        data = entry.table or not entry.flags & _INDIRECT
        size = max(0, min(entry.len, shown - offset)) if data else 0
        found.append(Piece(entry, packed, offset if size else 0, size))
        if data and entry.writable in at:
            at[entry.writable] += entry.len
    return tuple(found)


def _begins(record: Record, sides: tuple[bool, ...]) -> dict[bool, int]:
    """Where each part begins among the bytes shown."""
    kept = {False: len(record.readable_bytes), True: len(record.writable_bytes)}
    return {side: sum(kept[before] for before in sides[:place]) for place, side in enumerate(sides)}


def _offered(session: Session, row: int, record: Record) -> Record | None:
    """The record that holds the chain's descriptors: its own, or the one that made the chain available."""
    if record.kind is not EventKind.USED:
        return record
    chain = int(session.events.chain[row])
    made = int(session.chains.available[chain]) if chain >= 0 else -1
    return session.record(made) if made >= 0 else None
