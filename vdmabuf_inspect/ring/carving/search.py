"""The search through all of a memory for rings, whichever kind they are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.carving import apart, events, packed, split
from vdmabuf_inspect.ring.carving.candidate import LIKELY, Candidate, ranked
from vdmabuf_inspect.ring.carving.coverage import Coverage
from vdmabuf_inspect.ring.carving.pages import LEAST_SIZE, PAGE, Suspects, pieces, present, suspects
from vdmabuf_inspect.ring.layout import MAX_SIZE

Progress = Callable[[float], None]

_ANY = 2 * MAX_SIZE - LEAST_SIZE
"""The bits of all sizes."""
MOST = 1024
"""Rings that are told of, the best: no machine has more."""
_ENOUGH = 4 * MOST
"""Rings of either kind that are compared; memory with more is made to look so."""
_SCAN = 0.8
"""The part of the work that is looking at every page."""
_BEHIND = (16, 64, 256, 4096)
"""Alignments at which another ring may follow one in the same block."""


class CancelledError(Exception):
    """The search was asked to end."""


@dataclass(frozen=True)
class _Search:
    memory: Memory
    coverage: Coverage
    progress: Progress
    cancelled: Callable[[], bool]
    least: int

    def step(self, done: float) -> None:
        """Between two pieces of work. Raises CancelledError."""
        if self.cancelled():
            raise CancelledError
        self.progress(done)

    def scan(self) -> Suspects:
        """Look at every page."""
        parts: list[Suspects] = []
        total, done = sum(size for _, size in self.memory.regions()), 0
        for gpa, size in pieces(self.memory):
            self.step(_SCAN * done / total)
            parts += [suspects(data, at) for at, data in present(self.memory, gpa, size)]
            done += size
        return Suspects.joined(parts)

    def splits(self, found: Suspects) -> Iterator[Candidate]:
        """Split rings whose parts were allocated at once, then those behind them, then those whose parts lie apart."""
        likely: list[Candidate] = []
        for number, (desc, sizes) in enumerate(zip(found.tables.tolist(), found.sizes.tolist(), strict=True)):
            self.step(_SCAN + (1 - _SCAN) * number / len(found.tables))
            likely += self.best(desc, self._with_header(desc, sizes)) if sizes and len(likely) < _ENOUGH else []
        yield from likely
        yield from self.followers(likely)
        taken = {each.desc for each in likely}
        for place in apart.places(self.memory, found):
            self.step(1.0)
            each = split.judge(self.memory, self.coverage, place) if place.desc not in taken else None
            yield from [each] if each is not None and each.score >= self.least else []

    def packed(self, found: Suspects) -> Iterator[Candidate]:
        """Packed rings."""
        rings: list[packed.Slotted] = []
        for desc in found.slots.tolist():
            self.step(1.0)
            if rings and desc < rings[-1].desc + 16 * rings[-1].size:
                continue  # the rest of that ring
            behind = found.lone[found.lone.searchsorted(desc, "right") :]
            ring = packed.judge(self.memory, self.coverage, desc, int(behind[0]) if len(behind) else None)
            rings += [ring] if ring is not None and len(rings) < _ENOUGH else []
        complete = events.complete(self.memory, rings, found.lone)
        yield from (each for each in complete if each.score >= self.least)

    def followers(self, likely: Iterable[Candidate]) -> Iterator[Candidate]:
        """Rings of the same block as others, which need not begin with a page."""
        waiting, seen = list(likely), set[int]()
        while waiting and len(seen) < _ENOUGH:
            end = waiting.pop().end
            for desc in {-(-end // alignment) * alignment for alignment in _BEHIND} - seen:
                seen.add(desc)
                best = self.best(desc, self._with_header(desc, _ANY)) if desc % PAGE else []
                waiting += best
                yield from best

    def best(self, desc: int, sizes: Iterable[int]) -> list[Candidate]:
        """The best ring that was allocated at once with its descriptors here; none when none is good enough."""
        judged = [split.judge(self.memory, self.coverage, p) for size in sizes for p in split.places(desc, size)]
        good = [each for each in judged if each is not None and each.score >= self.least]
        return [max(good, key=lambda c: c.score)] if good else []

    def _with_header(self, desc: int, sizes: int) -> Iterator[int]:
        """Of these sizes (bit k: 2**k) those that are followed by what can be the beginning of an available ring."""
        for size in (1 << bit for bit in range(sizes.bit_length()) if sizes >> bit & 1):
            data = self.memory.read_some(desc + 16 * size, 4)
            if len(data) == 4 and data[0] <= 1 and not data[1] and any(data):
                yield size


def carve(
    memory: Memory,
    progress: Progress = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    least: int = LIKELY,
) -> list[Candidate]:
    """Rings with a score of `least` or more, the best first, MOST at most. Raises CancelledError.

    progress: called with the part of the work that is done. Reads everything once, in order, and keeps little of it.
    """
    search = _Search(memory, Coverage(memory), progress, cancelled, least)
    found = search.scan()
    return ranked([*search.splits(found), *search.packed(found)])[:MOST]
