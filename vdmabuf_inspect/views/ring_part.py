"""One array of a ring as columns, a row a slot, and the events of a kind that filled it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.session.ring_state import RingState

DRIVER, DEVICE, KICK, CALL = "driver", "device", "kick", "call"
"""Marks of a slot: the driver or the device writes here next; a kick or a call is asked for once this is written."""
PLACE = 2
"""The word of a record that holds head and ring index."""


class SlotState(IntEnum):
    """What a slot holds. AVAILABLE: offered. FLYING: offered, and one that was offered later came back."""

    UNKNOWN = 0
    FREE = 1
    AVAILABLE = 2
    FLYING = 3
    USED = 4


@dataclass(frozen=True, eq=False)
class Part:
    """One of a ring's arrays; columns have a row a slot.

    state: uint8, SlotState. row: int64, the event that filled the slot, -1 where none is known. index: int64, the
    ring index (packed: slot with the wrap counter in bit 15). head: int64, the chain's head or buffer ID.
    """

    title: str
    state: Array
    row: Array
    index: Array
    head: Array
    marks: dict[int, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.state)


class Entries(NamedTuple):
    """Events of one kind as columns, in their order."""

    rows: Array
    place: Array
    head: Array
    out: Array
    """Their chains are out as of the moment."""


def entries_of(ring: RingState, kind: EventKind, size: int) -> Entries:
    """The latest entries of a kind, as many as there are slots."""
    session = ring.session
    rows = ring.recent(kind, size)
    word, chain = word_of(ring, rows, PLACE), session.events.chain[rows]
    used = session.chains.used[np.maximum(chain, 0)] if len(session.chains) else np.full(len(rows), -1)
    out = (chain < 0) | (used < 0) | (used >= ring.seq)
    return Entries(rows, word >> 16, word & 0xFFFF, out & (kind is EventKind.AVAILABLE))


def states_of(entries: Entries) -> Array:
    """uint8[n]: used where it came back, in flight where a later one did, available else."""
    back = np.flatnonzero(~entries.out)
    last = back[-1] if len(back) else -1
    flying = np.where(np.arange(len(entries.rows)) < last, SlotState.FLYING, SlotState.AVAILABLE)
    return np.where(entries.out, flying, SlotState.USED).astype(np.uint8)


def word_of(ring: RingState, rows: Array, word: int) -> Array:
    """int64[n]: one word of each event's record."""
    store = ring.session.store
    assert store is not None
    at = (ring.session.events.offset[rows] >> 2) + word
    return np.asarray(store.words.take(at, mode="clip").astype(np.int64))


def unknown(title: str, size: int, marks: dict[int, tuple[str, ...]]) -> Part:
    """A part of which nothing is known but its size and its marks."""
    row, index, head = (np.full(size, -1, np.int64) for _ in range(3))
    return Part(title, np.zeros(size, np.uint8), row, index, head, marks)


def marks_of(size: int, *places: tuple[str, int | None]) -> dict[int, tuple[str, ...]]:
    """The names of each slot, from (name, ring index or None) pairs."""
    marks: dict[int, tuple[str, ...]] = {}
    for name, place in places:
        if place is not None:
            marks[place % size] = (*marks.get(place % size, ()), name)
    return marks
