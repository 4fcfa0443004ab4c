"""How an observer of one queue says what it saw: records of chains made available and returned, gaps, looks."""

from dataclasses import dataclass

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.flight import Flight
from vdmabuf_inspect.ring.layout import QueueLayout

PREIMAGE = 4096
"""Writable bytes are kept as they were offered up to this size; above it, only where they are not all zero."""

WORD = 8
"""Bytes that an allocator keeps in a free piece of memory."""


@dataclass(frozen=True, slots=True)
class Records:
    """Makes the records of one queue; `snaplen` bytes are kept of each part of a chain."""

    memory: Memory
    layout: QueueLayout
    snaplen: int

    def make(self, kind: EventKind, now_ns: int, **fields: object) -> Record:
        """A record of this queue."""
        return Record(kind, now_ns, self.layout.device, self.layout.index, **fields)  # type: ignore[arg-type]

    def start(self, now_ns: int, problems: int, avail_idx: int, used_idx: int, complete: bool) -> Record:
        """START, with both indices as they were."""
        flags = EventFlag.COMPLETE if complete else EventFlag(0)
        payload = self.layout.start_payload(avail_idx, used_idx, self.memory)
        return self.make(EventKind.START, now_ns, flags=flags, problems=problems, readable_bytes=payload)

    def resumed(self, now_ns: int, avail_idx: int, used_idx: int) -> Record:
        """START of a queue that goes on, with both indices as they were when it stopped."""
        payload = self.layout.start_payload(avail_idx, used_idx, self.memory)
        return self.make(EventKind.START, now_ns, flags=EventFlag.PAUSED, readable_bytes=payload)

    def available(self, now_ns: int, flight: Flight, flags: int = 0, problems: int = 0, **fields: object) -> Record:
        """AVAILABLE, with what the chain and its bytes were."""
        chain, kept = flight.chain, len(flight.readable)
        readable, writable = chain.total(False), chain.total(True)
        flags |= EventFlag.INDIRECT if chain.indirect else 0
        flags |= EventFlag.SHORTENED if min(readable, self.snaplen) > kept or readable > self.snaplen else 0
        preimage = len(flight.writable) <= PREIMAGE or any(flight.writable)
        return self.make(
            EventKind.AVAILABLE, now_ns, flags=flags, problems=chain.problems | problems, readable=readable,
            writable=writable, chain_length=len(chain.descriptors), descriptors=chain.descriptors,
            readable_bytes=flight.readable, writable_bytes=flight.writable if preimage else b"", **fields,
        )  # fmt: skip

    def returned(self, now_ns: int, flight: Flight | None, length: int, **fields: object) -> Record:
        """USED, with the writable bytes as they are now; without a flight nobody knows what the chain was."""
        if flight is None:
            return self.make(EventKind.USED, now_ns, used_len=length, **fields)
        chain = flight.chain
        writable = chain.read(self.memory, True, self.snaplen)
        flags = EventFlag.COMPARED if flight.writable or not writable else EventFlag(0)
        flags |= EventFlag.TAIL_CHANGED if _tail_changed(flight, writable, length) else 0
        flags |= EventFlag.SHORTENED if chain.total(True) > len(writable) else 0
        flags |= EventFlag.STALE if flight.doubtful else 0
        return self.make(
            EventKind.USED, now_ns, flags=flags, used_len=length, readable=chain.total(False),
            writable=chain.total(True), chain_length=len(chain.descriptors), writable_bytes=writable, **fields,
        )  # fmt: skip


def _tail_changed(flight: Flight, now: bytes, used_len: int) -> bool:
    """Whether writable bytes beyond the used length differ from those at the time they were made available.

    A lone word that does not follow them is no device's: allocators keep one in memory that the driver has freed.
    """
    before = flight.writable
    if len(before) != len(now) or used_len >= len(now) or before[used_len:] == now[used_len:]:
        return False
    places = [i for i in range(used_len, len(now)) if before[i] != now[i]]
    return places[0] == used_len or places[-1] - places[0] >= WORD
