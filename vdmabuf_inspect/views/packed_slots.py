"""A packed ring slot by slot (virtio 1.2, 2.8): the driver fills its slots and the device fills them again."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.ring.packed.slots import between
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.views.ring_part import (
    CALL,
    DEVICE,
    DRIVER,
    KICK,
    Entries,
    Part,
    SlotState,
    entries_of,
    marks_of,
    states_of,
    unknown,
    word_of,
)

_COUNT = 10
"""The word of a record that holds its slots."""
_DESC_EVENT = 2
"""Event suppression flags that name one slot (2.8.10)."""


def packed_part(ring: RingState, size: int) -> Part:
    """The ring, whose slots the driver fills and the device fills again."""
    part = unknown("ring", size, _packed_marks(ring, size))
    driver, device = ring.avail_idx, ring.used_idx
    if driver is None or device is None:
        return part
    covered = 0
    painted: list[tuple[Entries, Array, Array]] = []
    for kind, place in ((EventKind.AVAILABLE, driver), (EventKind.USED, device)):
        entries = entries_of(ring, kind, size)
        slots = _slots(ring, entries, size)
        covered = max(covered, int(slots.sum()))
        near = np.array([between(place, word, size) <= size for word in entries.place.tolist()], bool)
        painted.append((Entries(*(column[near] for column in entries)), slots[near], states_of(entries)[near]))
    _paint(part, painted, size)
    ahead = (np.arange(size) - (device & 0x7FFF)) % size < between(driver, device, size)
    held = np.isin(part.row, painted[0][0].rows)
    part.state[(part.row >= 0) & (ahead != held)] = SlotState.UNKNOWN
    fresh = ring.epoch is not None and ring.epoch.complete and covered < size and not ring.missed
    part.state[(part.row < 0) & fresh & ~ahead] = SlotState.FREE
    return part


def _slots(ring: RingState, entries: Entries, size: int) -> Array:
    """int64[n]: slots of each entry. Of one that was seen too late its record tells one; the rest are those up to the
    next entry, where nothing was missed.
    """
    slots = np.clip(word_of(ring, entries.rows, _COUNT), 1, size)
    places = (entries.place & 0x7FFF) % size + np.where(entries.place >> 15, 0, size)
    ahead = np.diff(places) % (2 * size)
    if not ring.missed:
        slots[:-1] = np.where(ahead <= size, np.maximum(slots[:-1], ahead), slots[:-1])
    return np.asarray(slots)


def _paint(part: Part, painted: list[tuple[Entries, Array, Array]], size: int) -> None:
    """Fill the slots of all entries in the order of their events; what came later stays."""
    rows = np.concatenate([np.repeat(e.rows, slots) for e, slots, _ in painted])
    index = np.concatenate([np.repeat(e.place, slots) for e, slots, _ in painted])
    head = np.concatenate([np.repeat(e.head, slots) for e, slots, _ in painted])
    state = np.concatenate([np.repeat(states, slots) for _, slots, states in painted])
    step = np.concatenate([_steps(slots) for _, slots, _ in painted])
    order = np.argsort(rows, kind="stable")
    at = ((index & 0x7FFF) + step)[order] % size
    part.row[at], part.index[at], part.head[at], part.state[at] = rows[order], index[order], head[order], state[order]


def _steps(slots: Array) -> Array:
    """0, 1, ... for each entry's slots."""
    begin = np.repeat(np.cumsum(slots) - slots, slots)
    return np.asarray(np.arange(len(begin)) - begin)


def _packed_marks(ring: RingState, size: int) -> dict[int, tuple[str, ...]]:
    wish = ring.wish
    kick = wish.avail_event & 0x7FFF if wish and wish.used_flags & 3 == _DESC_EVENT else None
    call = wish.used_event & 0x7FFF if wish and wish.avail_flags & 3 == _DESC_EVENT else None
    places = [None if word is None else word & 0x7FFF for word in (ring.avail_idx, ring.used_idx)]
    return marks_of(size, (DRIVER, places[0]), (DEVICE, places[1]), (KICK, kick), (CALL, call))
