"""What speaks for a split ring at a place: its three parts are sound, and say the same of the same chains."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.carving.candidate import Candidate, Reason, evidence
from vdmabuf_inspect.ring.carving.coverage import Coverage
from vdmabuf_inspect.ring.chain import INDIRECT, NEXT, WRITE

Column = NDArray[Any]

DESCRIPTOR = np.dtype([("addr", "<u8"), ("len", "<u4"), ("flags", "<u2"), ("next", "<u2")])
ELEMENT = np.dtype([("id", "<u4"), ("len", "<u4")])
ALIGNMENTS = {
    64: "in one block, the used ring on a cache line (Linux on PCI)",
    4096: "in one block, the used ring on the next page (legacy, MMIO)",
    4: "in one block without gaps",
}
"""By the used ring's alignment: how drivers that allocate all parts at once lay them out."""
APART = "the parts lie apart"
_STRANGE = 0xFFFF
_MOST_ABSENT = 0.1
"""Share of descriptors whose buffers may be missing from memory: they were freed, or the dump left them out."""


@dataclass(frozen=True)
class Place:
    """Where the parts of a ring of `size` descriptors may lie; `how` is how they lie to each other."""

    size: int
    desc: int
    avail: int
    used: int
    how: str = APART


@dataclass(frozen=True)
class Parts:
    """The bytes of a ring's parts, as columns."""

    table: Column
    avail_flags: int
    avail_idx: int
    heads: Column
    used_event: int
    used_flags: int
    used_idx: int
    elements: Column
    avail_event: int


def places(desc: int, size: int) -> Iterator[Place]:
    """The places of a ring whose parts were allocated at once, its descriptors at `desc`."""
    avail = desc + 16 * size
    for alignment, how in ALIGNMENTS.items():
        yield Place(size, desc, avail, -(-(avail + 6 + 2 * size) // alignment) * alignment, how)


def judge(memory: Memory, coverage: Coverage, place: Place) -> Candidate | None:
    """The ring at a place with what speaks for it; None where something there cannot be in a ring."""
    parts = read_parts(memory, place)
    if parts is None or not _possible(parts, place.size):
        return None
    present = _present(parts.table)
    held = coverage.holds(parts.table["addr"][present], parts.table["len"][present])
    if not len(held) or np.mean(~held) > _MOST_ABSENT:
        return None
    offered, returned = _offered(parts), _returned(parts)
    named = present[offered]
    known = np.isin(returned, offered)
    if np.mean(named) < 1 - _MOST_ABSENT or (len(returned) and np.mean(known) < 1 - _MOST_ABSENT):
        return None
    reasons = [
        Reason(25 * evidence(len(held)) * float(np.mean(held)), f"sound descriptors: {len(held)}"),
        _said("available entries that name them", offered, place),
        _said("used entries that return these", returned, place),
        Reason(10, f"indices {parts.avail_idx} and {parts.used_idx} are at most {place.size} apart"),
        Reason(10, place.how) if place.how != APART else Reason(0, APART),
        _rest(parts),
        _events(parts, place.size),
    ]
    return Candidate(
        place.size, place.desc, place.avail, place.used, _features(parts, place), parts.avail_idx, parts.used_idx,
        tuple(reason for reason in reasons if reason is not None),
    )  # fmt: skip


def read_parts(memory: Memory, place: Place) -> Parts | None:
    """The parts of a ring; None when one is not in memory or an index cannot be, so that most is never read."""
    n = place.size
    try:
        used_flags, used_idx = unpack("<HH", memory.read(place.used, 4))
        avail_flags, avail_idx = unpack("<HH", memory.read(place.avail, 4)) if used_flags <= 1 else (_STRANGE, 0)
        if avail_flags > 1 or (avail_idx - used_idx) & 0xFFFF > n:
            return None
        heads = np.frombuffer(memory.read(place.avail + 4, 2 * n + 2), "<u2")
        used = memory.read(place.used, 6 + 8 * n)
        table = np.frombuffer(memory.read(place.desc, 16 * n), DESCRIPTOR)
    except FaultError:
        return None
    elements = np.frombuffer(used, ELEMENT, n, 4)
    event = int.from_bytes(used[-2:], "little")
    return Parts(table, avail_flags, avail_idx, heads[:-1], int(heads[-1]), used_flags, used_idx, elements, event)


def _possible(parts: Parts, size: int) -> bool:
    """Whether nothing is there that a ring in use never has."""
    table = parts.table
    linked = table["next"][(table["flags"] & NEXT) != 0]
    lengths = table["len"][(table["flags"] & INDIRECT) != 0]
    return bool(
        (parts.avail_idx or parts.heads.any())
        and (parts.heads < size).all()
        and (parts.elements["id"] < size).all()
        and not (table["flags"] & ~np.uint16(NEXT | WRITE | INDIRECT)).any()
        and (linked < size).all()
        and (lengths % 16 == 0).all()
    )


def _present(table: Column) -> NDArray[np.bool_]:
    return np.asarray((table["len"] != 0) & (table["addr"] != 0))


def _offered(parts: Parts) -> Column:
    """The heads in the available ring's entries that were written."""
    return parts.heads[: parts.avail_idx] if _young(parts.avail_idx, parts.heads) else parts.heads


def _returned(parts: Parts) -> Column:
    """The heads in the used ring's entries that were written."""
    ids = parts.elements["id"]
    return ids[: parts.used_idx] if _young(parts.used_idx, parts.elements) else ids


def _young(idx: int, entries: Column) -> bool:
    """Whether a ring has not come round yet: nothing was written behind its index."""
    return idx < len(entries) and not entries[idx:].tobytes().strip(b"\0")


def _said(what: str, heads: Column, place: Place) -> Reason | None:
    """What entries are worth: all of them in one block, apart only different ones, for zeros agree with zeros."""
    count = len(heads) if place.how != APART else len(np.unique(heads))
    return Reason(20 * evidence(count), f"{what}: {len(heads)}") if len(heads) else None


def _rest(parts: Parts) -> Reason | None:
    """Unused memory of a ring is zeros, as it was allocated; else it has come round, and its index seldom is low."""
    pairs = ((parts.avail_idx, parts.heads), (parts.used_idx, parts.elements))
    if all(_young(idx, entries) for idx, entries in pairs):
        return Reason(10, "nothing is written behind the indices")
    early = any(idx < len(entries) and not _young(idx, entries) for idx, entries in pairs)
    return Reason(-15, "entries are written behind an index that has just begun") if early else None


def _events(parts: Parts, size: int) -> Reason | None:
    """Event words that lie where the other side's index has been of late, or that nobody ever wrote."""
    pairs = ((parts.used_idx, parts.used_event), (parts.avail_idx, parts.avail_event))
    near = [(idx - event + size) & 0xFFFF <= 2 * size for idx, event in pairs if event]
    return Reason(7.5 * sum(near), "event words follow the indices") if any(near) else None


def _features(parts: Parts, place: Place) -> int:
    """Feature bits that what is there shows; VERSION_1 does not show, but few do without."""
    features = Feature.VERSION_1
    if (parts.table["flags"] & INDIRECT).any():
        features |= Feature.INDIRECT_DESC
    if _events(parts, place.size) is not None and not parts.avail_flags and not parts.used_flags:
        features |= Feature.EVENT_IDX
    return int(features)
