"""A place in memory that may be a virtqueue, how likely it is, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log2

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout

LIKELY = 50
"""Scores from here on are shown unless more is asked for."""
MOST = 100


@dataclass(frozen=True)
class Reason:
    """What speaks for it: points out of 100 in all, and a few words."""

    points: float
    text: str


@dataclass(frozen=True)
class Candidate:
    """A ring that may be one. Addresses are guest-physical; the indices are those of a split ring, 0 otherwise."""

    size: int
    desc: int
    avail: int
    used: int
    features: int = int(Feature.VERSION_1)
    avail_idx: int = 0
    used_idx: int = 0
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def packed(self) -> bool:
        """Whether it is a packed ring."""
        return bool(self.features & Feature.RING_PACKED)

    @property
    def score(self) -> int:
        """0 to 100."""
        return min(MOST, round(sum(reason.points for reason in self.reasons)))

    @property
    def layout(self) -> QueueLayout:
        """Where it lies, as a nameless queue of a device of unknown type."""
        return QueueLayout(0, 0, "", self.size, self.desc, self.avail, self.used, self.features)

    @property
    def end(self) -> int:
        """The first address behind its last part."""
        return max(address + size for address, size, _ in self.layout.parts)


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best first; one that shares memory with a better one is left out."""
    kept: list[Candidate] = []
    taken: dict[int, list[tuple[int, int]]] = {}
    for each in sorted(candidates, key=lambda c: (-c.score, c.desc, -c.size)):
        parts = [(address, address + size) for address, size, _ in each.layout.parts]
        pages = [page for low, high in parts for page in range(low >> 12, (high - 1 >> 12) + 1)]
        near = [span for page in pages for span in taken.get(page, ())]
        if any(low < end and start < high for low, high in parts for start, end in near):
            continue
        kept.append(each)
        for page in pages:
            taken.setdefault(page, []).extend(parts)
    return kept


def evidence(count: int, enough: int = 7) -> float:
    """0 to 1: what `count` agreeing entries are worth; each tells less than the one before, `enough` tell all."""
    return min(1.0, log2(1 + count) / log2(1 + enough))
