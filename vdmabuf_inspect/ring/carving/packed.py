"""What speaks for a packed ring at a place: sound descriptors whose AVAIL bits change once around the ring."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.carving.candidate import Reason, evidence
from vdmabuf_inspect.ring.carving.coverage import Coverage
from vdmabuf_inspect.ring.layout import MAX_SIZE
from vdmabuf_inspect.ring.packed.slots import AVAIL, INDIRECT, NEXT, USED, WRITE, Slots

Column = NDArray[Any]

ENTRY = np.dtype([("addr", "<u8"), ("len", "<u4"), ("id", "<u2"), ("flags", "<u2")])
_KNOWN = np.uint16(NEXT | WRITE | INDIRECT | AVAIL | USED)
_USUAL = 256
"""The size presumed of a ring that has not come round: what lies behind it in its page is zeros in any case."""
_LEAST_HELD = 0.9
"""Share of descriptors whose buffers are in memory."""


@dataclass(frozen=True)
class Slotted:
    """A packed ring whose event suppression structures are not known yet. `place` is the driver's, in two laps."""

    desc: int
    size: int
    place: int
    features: Feature
    reasons: tuple[Reason, ...]


def judge(memory: Memory, coverage: Coverage, desc: int, end: int | None = None) -> Slotted | None:
    """The ring at `desc` with what speaks for it; None where something there cannot be in a ring.

    end: an address behind `desc` at which something else begins.
    """
    slots = _slots(memory, desc, MAX_SIZE if end is None else min((end - desc) // 16, MAX_SIZE))
    size = _size(slots)
    slots = slots[:size]
    written = slots[_written(slots)]
    held = coverage.holds(written["addr"], written["len"])
    marked = written["flags"] & (AVAIL | USED)
    if not len(written) or np.mean(held) < _LEAST_HELD or not marked.any() or (written["id"] >= size).any():
        return None
    reasons = [
        Reason(30 * evidence(len(written)) * float(np.mean(held)), f"sound descriptors: {len(written)}"),
        Reason(25 * evidence(len(written)), "their AVAIL bits change once around the ring"),
        Reason(15, "nothing is written behind the last one") if len(written) < size else None,
        Reason(10 * evidence(len(np.unique(written["id"]))), f"buffer IDs below {size}"),
    ]
    features = Feature.VERSION_1 | Feature.RING_PACKED
    features |= Feature.INDIRECT_DESC if (written["flags"] & INDIRECT).any() else Feature(0)
    return Slotted(desc, size, Slots(slots.tobytes()).turn(), features, tuple(r for r in reasons if r))


def _slots(memory: Memory, desc: int, most: int) -> Column:
    """Slots from `desc` on up to the first that cannot be one, `most` at most."""
    count = min(_USUAL, most)
    while True:
        data = memory.read_some(desc, 16 * count)
        slots = np.frombuffer(data, ENTRY, len(data) // 16)
        wrong = np.flatnonzero(((slots["flags"] & ~_KNOWN) != 0) | (slots["id"] >= MAX_SIZE))
        if len(wrong) or len(slots) < count or count == most or not _written(slots[-1:]).any():
            return slots[: wrong[0]] if len(wrong) else slots
        count = min(2 * count, most)


def _written(slots: Column) -> NDArray[np.bool_]:
    return np.asarray((slots["addr"] != 0) | (slots["len"] != 0) | (slots["flags"] != 0))


def _size(slots: Column) -> int:
    """Slots of the ring, 0 where its AVAIL bits change more than once."""
    written = np.flatnonzero(_written(slots))
    if not len(written):
        return 0
    last = int(written[-1]) + 1
    bits = (slots["flags"][:last] & AVAIL) != 0
    turns = int(np.count_nonzero(bits[1:] != bits[:-1]))
    if turns > 1 or (len(written) == last and turns == 0 and not bits[0]):
        return 0
    if not bits.all():
        return last if len(written) == last else 0  # it has come round: every slot was written
    if not last & (last - 1) and not (slots["flags"][:last] & USED).any():
        return last  # full of what the device has not used, as receive queues are from the beginning
    return next((size for size in (_USUAL, 1 << (last - 1).bit_length()) if last <= size <= len(slots)), last)
