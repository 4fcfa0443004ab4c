"""The ring's own words as one look finds them: flags, indices, entries, event fields (virtio 1.2, 2.7.6 to 2.7.10)."""

from dataclasses import dataclass
from struct import Struct, unpack

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout

_LOOK = Struct("<6H")
HALF = 0x8000


def ahead(new: int, old: int) -> int:
    """How far `new` is ahead of `old`, as a 16-bit difference."""
    return (new - old) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Words:
    """What both rings say of themselves. `avail_idx` was read after `used_idx`."""

    avail_flags: int
    avail_idx: int
    used_event: int
    used_flags: int
    used_idx: int
    avail_event: int

    def pack(self) -> bytes:
        """The payload of a LOOK event (model.record.LOOK)."""
        return _LOOK.pack(
            self.avail_flags, self.avail_idx, self.used_event, self.used_flags, self.used_idx, self.avail_event
        )

    @property
    def outstanding(self) -> int:
        """Chains made available and not yet used, mod 2^16."""
        return ahead(self.avail_idx, self.used_idx)


def _u16(memory: Memory, address: int) -> int:
    return int.from_bytes(memory.read(address, 2), "little")


def read_words(memory: Memory, layout: QueueLayout) -> Words | None:
    """The words of both rings; None when a part lies outside memory. Event fields are 0 unless negotiated."""
    try:
        used_flags, used_idx = unpack("<HH", memory.read(layout.used, 4))
        avail_flags, avail_idx = unpack("<HH", memory.read(layout.avail, 4))
        events = (0, 0)
        if layout.has(Feature.EVENT_IDX):
            events = (
                _u16(memory, layout.avail + 4 + 2 * layout.size),
                _u16(memory, layout.used + 4 + 8 * layout.size),
            )
    except FaultError:
        return None
    return Words(avail_flags, avail_idx, events[0], used_flags, used_idx, events[1])


def available_heads(memory: Memory, layout: QueueLayout, first: int, count: int) -> list[tuple[int, int]]:
    """(ring index, head) of `count` available entries from free-running index `first`."""
    table = memory.read(layout.avail + 4, 2 * layout.size)
    heads = unpack(f"<{layout.size}H", table)
    return [((first + i) & 0xFFFF, heads[((first + i) & 0xFFFF) % layout.size]) for i in range(count)]


def used_entries(memory: Memory, layout: QueueLayout, first: int, count: int) -> list[tuple[int, int, int]]:
    """(ring index, head, length) of `count` used entries from free-running index `first`."""
    table = memory.read(layout.used + 4, 8 * layout.size)
    words = unpack(f"<{2 * layout.size}I", table)
    slots = [((first + i) & 0xFFFF) % layout.size for i in range(count)]
    return [((first + i) & 0xFFFF, words[2 * s], words[2 * s + 1]) for i, s in enumerate(slots)]


def flag_problems(words: Words, layout: QueueLayout) -> Problem:
    """Ring flags that are not allowed: 0 or 1, and only 0 with EVENT_IDX (2.7.7.1, 2.7.10.2)."""
    allowed = (0,) if layout.has(Feature.EVENT_IDX) else (0, 1)
    found = Problem(0)
    if words.avail_flags not in allowed:
        found |= Problem.AVAILABLE_FLAGS
    if words.used_flags not in allowed:
        found |= Problem.USED_FLAGS
    return found
