"""A packed ring's own words as one look finds them: all its bytes and both event suppression structures (2.8.14)."""

from dataclasses import dataclass
from struct import Struct, unpack_from

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.slots import Slots
from vdmabuf_inspect.ring.pieces import Pieces
from vdmabuf_inspect.ring.wishes import Wish

_LOOK = Struct("<6H")
_FLAGS = 3
_DESC, _RESERVED = 2, 3
"""Event flags: only for one descriptor, and a value that is not defined."""


@dataclass(frozen=True, slots=True)
class Words:
    """One reading of a ring; `wish` holds each side's offset with wrap counter, and its flags."""

    slots: Slots
    wish: Wish

    def pack(self, driver: int, device: int) -> bytes:
        """The payload of a LOOK record; driver, device: their places as records say them."""
        wish = self.wish
        return _LOOK.pack(wish.avail_flags, driver, wish.used_event, wish.used_flags, device, wish.avail_event)


class Window:
    """One ring's words, remembered from reading to reading."""

    def __init__(self, memory: Memory, layout: QueueLayout) -> None:
        self._pieces = Pieces(memory, [part[:2] for part in layout.parts])
        self._size = 16 * layout.size
        self._raw = b""
        self._words: Words | None = None

    def words(self) -> Words | None:
        """The words now, the same object as before while nothing changed; None when they cannot be read."""
        try:
            raw = self._pieces.read()
        except FaultError:
            return None
        if raw != self._raw or self._words is None:
            self._raw, self._words = raw, self._read(raw)
        return self._words

    def _read(self, raw: bytes) -> Words:
        ring, driver, device = self._pieces.offsets
        used_event, avail_flags = unpack_from("<HH", raw, driver)
        avail_event, used_flags = unpack_from("<HH", raw, device)
        slots = self._words.slots if self._words is not None else None
        table = raw[ring : ring + self._size]
        if slots is None or slots.raw != table:
            slots = Slots(table)
        return Words(slots, Wish(avail_flags, used_event, used_flags, avail_event))


def event_problems(wish: Wish, layout: QueueLayout) -> Problem:
    """Event flags that are not allowed: 3, reserved bits, or a descriptor's event without EVENT_IDX (2.8.14)."""
    found = Problem(0)
    for flags, problem in ((wish.avail_flags, Problem.DRIVER_EVENT), (wish.used_flags, Problem.DEVICE_EVENT)):
        lone = flags == _DESC and not layout.has(Feature.EVENT_IDX)
        if flags & ~_FLAGS or flags == _RESERVED or lone:
            found |= problem
    return found
