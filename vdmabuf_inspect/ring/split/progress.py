"""What two looks at a ring's indices mean: new entries, missed ones, or an index that broke the rules."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.ring.split.words import HALF, Words, ahead


@dataclass(frozen=True, slots=True)
class Progress:
    """New entries since the last look. `available` and `used` are (first index, count) of those still readable."""

    available: tuple[int, int]
    used: tuple[int, int]
    missed: int = 0
    """Entries that were overwritten between the two looks."""
    problems: Problem = Problem(0)

    @property
    def quiet(self) -> bool:
        """Nothing happened."""
        return not (self.available[1] or self.used[1] or self.missed or self.problems)


def progress(avail_seen: int, used_seen: int, words: Words, size: int) -> Progress:
    """Compare the indices last seen with `words`; all arithmetic is mod 2^16.

    An index that breaks a rule yields no entries: the observer takes the new index and goes on from there.
    """
    problems = index_problems(avail_seen, used_seen, words, size)
    if problems:
        return Progress((words.avail_idx, 0), (words.used_idx, 0), problems=problems)
    available, lost_a = _readable(avail_seen, words.avail_idx, size)
    used, lost_u = _readable(used_seen, words.used_idx, size)
    return Progress(available, used, lost_a + lost_u)


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
