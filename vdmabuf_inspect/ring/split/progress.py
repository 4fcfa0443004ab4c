"""What two looks at a ring's indices mean: new entries, missed ones, or an index that broke the rules."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.ring.split.words import HALF, Words, ahead

ROUND = 1 << 16
ENTRY_NS = 50
"""No ring moves faster than an entry in this time."""
_SURGE = 16
"""So many times faster than ever before a ring may be from one look to the next."""
_FLOOD = 8
"""So many times faster than was seen a ring may be that overwrites entries before they can be read."""
WENT_BACK = Problem.AVAILABLE_WENT_BACK | Problem.USED_WENT_BACK


@dataclass(frozen=True, slots=True)
class Progress:
    """New entries since the last look. `available` and `used` are (first index, count) of those still readable."""

    available: tuple[int, int]
    used: tuple[int, int]
    missed: int = 0
    """Entries that were overwritten between the two looks."""
    problems: Problem = Problem(0)
    ambiguous: bool = False
    """The indices may have gone round once more."""

    @property
    def quiet(self) -> bool:
        """Nothing happened."""
        return not (self.available[1] or self.used[1] or self.missed or self.problems)


class Speed:
    """How fast a ring has been seen to move: what tells whether its indices can have gone round unseen."""

    def __init__(self) -> None:
        self._peak = 0.0

    def round_about(self, entries: int, elapsed_ns: int) -> bool:
        """Whether so many entries, nearly a round, can have gone by: no ring that was slow so far races at once."""
        return entries * ENTRY_NS <= elapsed_ns and entries <= _SURGE * self._peak * elapsed_ns

    def lapped(self, entries: int, elapsed_ns: int) -> bool:
        """Whether 2^16 more entries than `entries` can have gone by since the last look, at the speeds so far.

        Those of a flood are known too low: of each look that went round only the rest was seen.
        """
        self._peak = max(self._peak, entries / max(1, elapsed_ns))
        return _FLOOD * self._peak * elapsed_ns >= ROUND


def progress(avail_seen: int, used_seen: int, words: Words, size: int, elapsed_ns: int, speed: Speed) -> Progress:
    """Compare the indices last seen with `words`, read `elapsed_ns` later; all arithmetic is mod 2^16.

    An index that breaks a rule yields no entries: the observer takes the new index and goes on from there.
    One that seems to have gone back has rather gone on where there was time for it and both indices fit together.
    """
    new = max(ahead(words.avail_idx, avail_seen), ahead(words.used_idx, used_seen))
    problems = index_problems(avail_seen, used_seen, words, size)
    round_about = bool(problems & WENT_BACK) and words.outstanding <= size and speed.round_about(new, elapsed_ns)
    if problems and not round_about:
        return Progress((words.avail_idx, 0), (words.used_idx, 0), problems=problems)
    available, lost_a = _readable(avail_seen, words.avail_idx, size)
    used, lost_u = _readable(used_seen, words.used_idx, size)
    lapped = speed.lapped(new, elapsed_ns) and lost_a + lost_u > 0
    return Progress(available, used, lost_a + lost_u, ambiguous=round_about or lapped)


def index_problems(avail_seen: int, used_seen: int, words: Words, size: int) -> Problem:
    """Indices that went back, jumped, or passed each other (2.7.6.1, 2.7.8, 2.7.13)."""
    found = Problem(0)
    if ahead(words.avail_idx, avail_seen) >= HALF:
        found |= Problem.AVAILABLE_WENT_BACK
    if ahead(words.used_idx, used_seen) >= HALF:
        found |= Problem.USED_WENT_BACK
    if found:
        return found
    if words.outstanding >= HALF:
        return Problem.USED_PASSED_AVAILABLE
    if words.outstanding > size:
        return Problem.AVAILABLE_JUMPED
    return found


def _readable(seen: int, now: int, size: int) -> tuple[tuple[int, int], int]:
    new = ahead(now, seen)
    kept = min(new, size)
    return ((now - kept) & 0xFFFF, kept), new - kept
