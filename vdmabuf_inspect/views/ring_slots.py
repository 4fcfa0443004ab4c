"""A ring slot by slot as of a moment: what each holds, which event put it there, and where both sides stand."""

from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.packed.slots import between
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.views.packed_slots import packed_part
from vdmabuf_inspect.views.ring_part import (
    CALL,
    DEVICE,
    DRIVER,
    KICK,
    PLACE,
    Part,
    SlotState,
    entries_of,
    marks_of,
    states_of,
    unknown,
    word_of,
)

_HEADER, _DESCRIPTOR = 12, 6
"""Words of a record's header and of a descriptor."""
_COUNT = 3
"""The word that holds the number of stored descriptors."""
_OF_DESCRIPTOR = 4
"""A descriptor's word with its index and its table."""


class RingSlots(NamedTuple):
    """A ring's arrays. Split: available ring, used ring, descriptor table. Packed: the ring."""

    parts: tuple[Part, ...]
    packed: bool = False


def ring_slots(ring: RingState) -> RingSlots:
    """Every slot of a queue's ring; no part where the queue is not set up."""
    size = ring.epoch.layout.size if ring.epoch else 0
    if not size or ring.session.store is None:
        return RingSlots(())
    if ring.packed:
        return RingSlots((packed_part(ring, size),), True)
    offered = _split(ring, EventKind.AVAILABLE, size)
    return RingSlots((offered, _split(ring, EventKind.USED, size), _descriptors(ring, size, offered)))


def ring_picture(ring: RingState) -> bytes:
    """A SlotState for each slot of the available ring, or of the packed ring; empty where nothing is known.

    What was not seen is told by where both sides stand: between them entries are out, the others came back.
    """
    size = ring.epoch.layout.size if ring.epoch else 0
    if not size or ring.avail_idx is None or ring.used_idx is None:
        return b""
    avail, used = ring.avail_idx, ring.used_idx
    ahead = between(avail, used, size) if ring.packed else (avail - used) & 0xFFFF
    out = (np.arange(size) - (used & 0x7FFF if ring.packed else used)) % size < ahead
    picture = np.where(out, SlotState.AVAILABLE, SlotState.USED).astype(np.uint8)
    if ring.session.store is not None:
        seen = packed_part(ring, size).state if ring.packed else _split(ring, EventKind.AVAILABLE, size).state
        picture = np.where(seen == SlotState.UNKNOWN, picture, seen)
    return picture.tobytes()


def _split(ring: RingState, kind: EventKind, size: int) -> Part:
    """The available or the used ring."""
    entries = entries_of(ring, kind, size)
    offered = kind is EventKind.AVAILABLE
    title, place = ("available ring", ring.avail_idx) if offered else ("used ring", ring.used_idx)
    part = unknown(title, size, _split_marks(ring, offered, size))
    slot = entries.place % size
    part.row[slot], part.index[slot], part.head[slot] = entries.rows, entries.place, entries.head
    part.state[slot] = states_of(entries)
    if place is None:
        return part
    ago = (place - 1 - np.arange(size)) % size
    seen = (part.row >= 0) & (part.index == (place - 1 - ago) & 0xFFFF)
    part.state[~seen] = SlotState.UNKNOWN
    part.row[~seen] = -1
    part.state[_untouched(ring, place, offered, ago, len(entries.rows))] = SlotState.FREE
    return part


def _untouched(ring: RingState, place: int, offered: bool, ago: Array, seen: int) -> Array:
    """Mask: slots that nothing was written to since the queue was set up, as far as that was watched."""
    assert ring.epoch is not None
    begun = ring.epoch.avail_idx if offered else ring.epoch.used_idx
    known = ring.epoch.complete and seen < len(ago)
    return (ago >= (place - begun) & 0xFFFF) & known


def _descriptors(ring: RingState, size: int, offered: Part) -> Part:
    """The descriptor table: which descriptors belong to chains that are out.

    One whose entry of the available ring is overwritten already was taken by the device before.
    """
    part = unknown("descriptor table", size, {})
    part.state[:] = SlotState.UNKNOWN if ring.missed else SlotState.FREE
    rows = np.array(ring.flying, np.int64)
    states = {int(row): state for row, state in zip(offered.row, offered.state, strict=True)}
    state = np.array([states.get(row, SlotState.FLYING) for row in ring.flying], np.uint8)
    count, head = word_of(ring, rows, _COUNT) >> 16, word_of(ring, rows, PLACE) & 0xFFFF
    for number in range(int(count.max()) if len(rows) else 0):
        there = np.flatnonzero(count > number)
        word = word_of(ring, rows[there], _HEADER + number * _DESCRIPTOR + _OF_DESCRIPTOR)
        mine = (word >> 16 == 0) & (word & 0xFFFF < size)
        at, whose = (word & 0xFFFF)[mine], there[mine]
        part.row[at], part.head[at], part.state[at], part.index[at] = rows[whose], head[whose], state[whose], at
    return part


def _split_marks(ring: RingState, offered: bool, size: int) -> dict[int, tuple[str, ...]]:
    """Who writes next, and the entry behind which the other side wants to be told (virtio 1.2, 2.7.7, 2.7.10)."""
    wish, layout = ring.wish, ring.epoch.layout if ring.epoch else None
    told = wish if layout is not None and layout.has(Feature.EVENT_IDX) else None
    if offered:
        return marks_of(size, (DRIVER, ring.avail_idx), (KICK, told.avail_event if told else None))
    return marks_of(size, (DEVICE, ring.used_idx), (CALL, told.used_event if told else None))
