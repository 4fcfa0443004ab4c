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
_FEW = 4
"""So many returns too many are read as such: more of them are an index that was set wrong."""
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
    def blind(self) -> bool:
        """An index broke a rule so that nobody can say which entries are new."""
        return bool(self.problems) and not (self.available[1] or self.used[1])

    @property
    def quiet(self) -> bool:
        """Nothing happened."""
        return not (self.available[1] or self.used[1] or self.missed or self.problems)


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the indices were wrongly apart when that was told: it is told again only where it has grown."""

    surplus: int = 0
    """Chains returned beyond those that were made available."""
    excess: int = 0
    """Chains out beyond those that the queue holds."""

    def now(self, words: Words, problems: Problem, size: int) -> "Apart":
        """The same once `problems` are told."""
        if problems & WENT_BACK:
            return Apart()
        surplus = surplus_of(words) if problems & Problem.USED_PASSED_AVAILABLE else self.surplus
        return Apart(surplus, words.outstanding - size if problems & Problem.AVAILABLE_JUMPED else self.excess)


_TOGETHER = Apart()


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


def progress(
    avail_seen: int, used_seen: int, words: Words, size: int, elapsed_ns: int, speed: Speed, apart: Apart = _TOGETHER
) -> Progress:
    """Compare the indices last seen with `words`, read `elapsed_ns` later; all arithmetic is mod 2^16.

    An index that breaks a rule yields no entries: the observer takes the new index and goes on from there.
    One that seems to have gone back has rather gone on where there was time for it and both indices fit together;
    one of the device's that is a few entries ahead of the driver's has them in the used ring.
    """
    new = max(ahead(words.avail_idx, avail_seen), ahead(words.used_idx, used_seen))
    problems = index_problems(avail_seen, used_seen, words, size, apart)
    round_about = bool(problems & WENT_BACK) and words.outstanding <= size and speed.round_about(new, elapsed_ns)
    surplus = problems == Problem.USED_PASSED_AVAILABLE and new <= size and surplus_of(words) <= _FEW
    if (problems and not round_about and not surplus) or size < words.outstanding < HALF:
        return Progress((words.avail_idx, 0), (words.used_idx, 0), problems=problems)
    available, lost_a = _readable(avail_seen, words.avail_idx, size)
    used, lost_u = _readable(used_seen, words.used_idx, size)
    lapped = speed.lapped(new, elapsed_ns) and lost_a + lost_u > 0
    told = problems if surplus else Problem(0)
    return Progress(available, used, lost_a + lost_u, told, ambiguous=round_about or lapped)


def surplus_of(words: Words) -> int:
    """How far the device's index is ahead of the driver's; 0 where it is not."""
    return ahead(words.used_idx, words.avail_idx) if words.outstanding >= HALF else 0


def index_problems(avail_seen: int, used_seen: int, words: Words, size: int, apart: Apart = _TOGETHER) -> Problem:
    """Indices that went back, jumped, or passed each other by more than was told (2.7.6.1, 2.7.8, 2.7.13)."""
    found = Problem(0)
    if ahead(words.avail_idx, avail_seen) >= HALF:
        found |= Problem.AVAILABLE_WENT_BACK
    if ahead(words.used_idx, used_seen) >= HALF:
        found |= Problem.USED_WENT_BACK
    if found:
        return found
    if surplus_of(words) > apart.surplus:
        return Problem.USED_PASSED_AVAILABLE
    if size + apart.excess < words.outstanding < HALF:
        return Problem.AVAILABLE_JUMPED
    return found


def _readable(seen: int, now: int, size: int) -> tuple[tuple[int, int], int]:
    new = ahead(now, seen)
    kept = min(new, size)
    return ((now - kept) & 0xFFFF, kept), new - kept
