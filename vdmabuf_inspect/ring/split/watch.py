"""Watches one split queue: each look at guest memory becomes the events since the last one. Never writes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import monotonic_ns

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.chain import Chain
from vdmabuf_inspect.ring.flight import Flight, Flights
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout, layout_problems
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.records import Records
from vdmabuf_inspect.ring.split.batch import Batches
from vdmabuf_inspect.ring.split.certainty import balance, intact, since, surely_out
from vdmabuf_inspect.ring.split.outstanding import outstanding_heads, surely_outstanding
from vdmabuf_inspect.ring.split.progress import Apart, Progress, Speed, progress
from vdmabuf_inspect.ring.split.walk import walk
from vdmabuf_inspect.ring.split.window import Window
from vdmabuf_inspect.ring.split.words import (
    HALF,
    Words,
    ahead,
    available_heads,
    flag_problems,
    read_words,
    used_entries,
)
from vdmabuf_inspect.ring.trust import distrust, without_preimage
from vdmabuf_inspect.ring.wishes import Wish, Wishes

NO_HEAD = 0xFFFF
"""Stands for all that a 32-bit used.id may name and no queue has."""
COMPARE_NS = 1_000_000
"""How often outstanding chains are compared with what they were when they were made available."""
HURRIED_NS = 1_000_000_000
"""A ring on which something was missed so long ago is still too fast: what came back may be taken for other chains."""


class Watcher:
    """One queue's observer. Call `start` once, `look` as often as wanted, `stop` at the end.

    Times are nanoseconds; records come in an order in which the events can have happened.
    """

    def __init__(
        self, memory: Memory, layout: QueueLayout, snaplen: int = 65536, others: Sequence[QueueLayout] = ()
    ) -> None:
        self.memory = memory
        self.layout = layout
        self.polls = self.missed = self.torn = self.ambiguous = 0
        self._others = others
        self._records = Records(memory, layout, snaplen)
        self._flights = Flights(memory, snaplen, self._rewritten)
        self._batches = Batches(memory, layout) if layout.has(Feature.IN_ORDER) else None
        self._window = Window(memory, layout) if 0 < layout.size <= MAX_SIZE else None
        self._avail = self._used = 0
        self._sharing: dict[int, Flight] = {}
        """Chains of this look that took descriptors of others, by their index."""
        self._wishes = Wishes()
        self._told = Problem(0)
        self._seen: Words | None = None
        self._read_ns = self._stepped_ns = monotonic_ns()
        self._speed = Speed()
        self._apart = Apart()
        self._compared_ns = self._hurried_ns = 0
        self._lost = False
        self._wrong: tuple[int, int] | None = None
        """Indices that were told to be wrong: standing as they are, they are not told again."""

    def start(self, now_ns: int, complete: bool) -> list[Record]:
        """START, and AVAILABLE (presumed) for each chain that is outstanding already.

        `complete` says that the queue is watched from its set-up, with both indices at their start.
        """
        problems = layout_problems(self.layout, self.memory, self._others)
        words = self._words()
        if words is None:
            self._lost = True
            return [self._records.start(now_ns, problems, 0, 0, False)]
        self._avail, self._used = words.avail_idx, words.used_idx
        if complete and words.avail_idx != words.used_idx and words.used_idx == 0:
            self._avail = 0
        first = self._records.start(now_ns, problems, words.avail_idx, words.used_idx, complete)
        if complete:
            return [first, *self._anomaly(now_ns, words, Progress((0, 0), (0, 0)))]
        heads = outstanding_heads(self.memory, self.layout, words)
        out, proven = surely_outstanding(self.memory, self.layout, words)
        presumed = [self._available(now_ns, index, head, words, EventFlag.PRESUMED) for index, head in heads]
        presumed = self._vouched(presumed, out, set(), Counter())
        self._flights.suspect(out - proven)
        return [first, *self._anomaly(now_ns, words, Progress((0, 0), (0, 0))), *presumed]

    def look(self, now_ns: int) -> list[Record]:
        """The events since the last look."""
        return self.step(now_ns, self.sight())

    def sight(self) -> Words | None:
        """The ring's words now; None when it cannot be read."""
        words = None if self._lost or self._window is None else self._window.words()
        self._read_ns = monotonic_ns()
        return words

    def step(self, now_ns: int, words: Words | None) -> list[Record]:
        """The events between the last look and `words`, which was read just now."""
        self.polls += 1
        if words is None:
            return []
        elapsed_ns, self._stepped_ns = self._read_ns - self._stepped_ns, self._read_ns
        if words is self._seen and not self._wishes.untold:
            return self._altered(now_ns, words)
        self._seen = words
        words = self._at_one_time(words)
        step = self._progress(words, elapsed_ns)
        self._avail, self._used = words.avail_idx, words.used_idx
        records = self._anomaly(now_ns, words, step)
        if step.missed:
            records.append(self._gap(now_ns, step.missed, step.ambiguous))
        if not step.quiet:
            records += self._entries(now_ns, words, step)
        return records + self._altered(now_ns, words)

    def _at_one_time(self, words: Words) -> Words:
        """More chains than the ring holds may be no driver's fault: `used_idx` was read before and has moved on.

        Then those are told that were surely available at that time.
        """
        size = self.layout.size
        if not size < words.outstanding < HALF:
            return words
        after = self._words()
        if after is None or ahead(after.used_idx, words.used_idx) < words.outstanding - size:
            return words
        self.torn += 1
        return replace(words, avail_idx=(words.used_idx + size) & 0xFFFF)

    def _progress(self, words: Words, elapsed_ns: int) -> Progress:
        step = progress(self._avail, self._used, words, self.layout.size, elapsed_ns, self._speed, self._apart)
        self._apart = self._apart.now(words, step.problems, self.layout.size)
        indices = (words.avail_idx, words.used_idx)
        if step.problems and indices == self._wrong:
            return Progress((words.avail_idx, 0), (words.used_idx, 0))
        self._wrong = indices if step.problems else None
        return step

    def resume(self, now_ns: int) -> Record:
        """START, where it was at the last look: the ring goes on from there."""
        self._stepped_ns = monotonic_ns()
        return self._records.resumed(now_ns, self._avail, self._used)

    def unaltered(self) -> bool:
        """Whether all chains that are out are what they were when they were made available."""
        return self._flights.unaltered

    def stop(self, now_ns: int, closed: bool) -> list[Record]:
        """A last look and STOP; `closed` when the session ended in good order."""
        flags = EventFlag.CLOSED if closed else EventFlag(0)
        return [*self.look(now_ns), self._records.make(EventKind.STOP, now_ns, flags=flags)]

    def _words(self) -> Words | None:
        return read_words(self.memory, self.layout) if 0 < self.layout.size <= MAX_SIZE else None

    def _entries(self, now_ns: int, words: Words, step: Progress) -> list[Record]:
        try:
            available = available_heads(self.memory, self.layout, *step.available)
            used = used_entries(self.memory, self.layout, *step.used)
        except FaultError:
            self._lost = True
            return []
        new = len(available) + len(used)
        available, used = intact(self._words(), available, used, self.layout.size)
        lapped = new - len(available) - len(used)
        gap = [self._gap(now_ns, lapped)] if lapped else []
        unknown = self._unknown(words, len(available), len(used))
        skipped: set[int] = set()
        if self._batches is not None:
            waiting = [*self._flights.held, *(head for _, head in available)]
            used, skipped = self._batches.expand(used, waiting)
        before = balance(available, used, self._flights.sure)
        order = merge(available, used, set(self._flights.held), unknown)
        a, u = iter(available), iter(used)
        records = [
            self._available(now_ns, *next(a), words) if turn == 0 else self._returned(now_ns, *next(u), words, skipped)
            for turn in order
        ]
        missed = bool(step.missed or lapped)
        out = (
            surely_out(available, used, words.used_idx, self.layout.size)
            if missed
            else {head for head, times in before.items() if times > 0}
        )
        self._hurried_ns = now_ns + HURRIED_NS if missed else self._hurried_ns
        hurried = now_ns < self._hurried_ns
        again = {head for _, head, _ in used} | {head for _, head in available} - out if hurried else set()
        return [*gap, *self._vouched(records, out, again, before if not missed else Counter())]

    def _vouched(self, records: list[Record], out: set[int], again: set[int], counts: Counter[int]) -> list[Record]:
        """The same, STALE where nobody can say that it is what it was.

        out: heads that were out for certain when this look's words were read. again: heads of which nothing is sure.
        counts: how often each head is out, where that is known.
        """
        after = since(self.memory, self.layout, self._avail, self._used)
        back = Counter(after.returned if self._batches is None else list(self._flights.held)[: len(after.returned)])
        made = {r.head for r in records if r.kind is EventKind.AVAILABLE}
        again = again.union(after.offered, () if after.whole else (r.head for r in records))
        written = back.keys() | {r.head for r in records if r.kind is EventKind.USED and r.used_len}
        records = [without_preimage(r) if r.head in written else r for r in records]
        self._flights.suspect(made - out)
        later = [walk(self.memory, self.layout, head).descriptors for head in again]
        records, torn, doubtful = distrust(records, again, back.keys() | (made - out), later)
        self._flights.doubt(doubtful)
        self.torn += torn
        twice = {head for head, times in (counts - back).items() if times > 1 and after.whole}
        return self._with_shared(records, out - back.keys(), twice, back)

    def _with_shared(self, records: list[Record], out: set[int], twice: set[int], back: Iterable[int]) -> list[Record]:
        """SHARED where a head was offered `twice`, or a chain that is `out` has descriptors of one that is out, too."""
        sharing, self._sharing = self._sharing, {}
        found = {
            index
            for index, flight in sharing.items()
            if flight.chain.head in twice or (flight.chain.head in out and self._flights.shares(flight, back))
        }
        here = [r.kind is EventKind.AVAILABLE and r.index in found for r in records]
        return [
            replace(r, problems=r.problems | Problem.SHARED) if told else r
            for r, told in zip(records, here, strict=True)
        ]

    def _unknown(self, words: Words, available: int, used: int) -> int:
        """Chains that were out, but not known, before these newest entries of both sides."""
        out = ahead((words.avail_idx - available) & 0xFFFF, (words.used_idx - used) & 0xFFFF)
        return max(0, out - len(self._flights.held)) if out < HALF else 0

    def _available(self, now_ns: int, index: int, head: int, words: Words, flags: int = 0) -> Record:
        flight, shared = self._flights.take(walk(self.memory, self.layout, head))
        if shared:
            self._sharing[index] = flight
        self._wishes.tell(avail_event=words.avail_event)
        return self._records.available(
            now_ns, flight, flags, head=head, index=index, event=words.avail_event,
        )  # fmt: skip

    def _returned(
        self, now_ns: int, index: int, head: int, length: int, words: Words, skipped: set[int]
    ) -> Record:  # fmt: skip
        flight = self._flights.give_back(head)
        self._wishes.tell(used_event=words.used_event)
        if index in skipped and flight is not None:
            length = flight.chain.total(True)  # 2.7.9: used completely
        return self._records.returned(
            now_ns, flight, length, head=min(head, NO_HEAD), index=index, event=words.used_event
        )  # fmt: skip

    def _rewritten(self, chain: Chain) -> bool:
        return walk(self.memory, self.layout, chain.head).descriptors != chain.descriptors

    def _anomaly(self, now_ns: int, words: Words, step: Progress) -> list[Record]:
        """A LOOK where the ring's own words are worth a record: problems, or wishes that changed."""
        wish = Wish(words.avail_flags, words.used_event, words.used_flags, words.avail_event)
        wrong = flag_problems(words, self.layout)
        fresh = step.problems | (wrong & ~self._told)
        self._told = wrong
        if not self._wishes.due(wish, now_ns) and not fresh:
            return []
        told = [self._look_record(now_ns, words, fresh)]
        return [*told, self._gap(now_ns, 0)] if step.blind else told

    def _altered(self, now_ns: int, words: Words) -> list[Record]:
        if now_ns - self._compared_ns < COMPARE_NS:
            return []
        self._compared_ns = now_ns
        found = self._flights.changed()
        if not found:
            return []
        after = self._words()
        if after is None or after.used_idx != words.used_idx:
            for head, _, _ in found:  # it may have come back before its bytes were read: look again next time
                if head in self._flights.held:
                    self._flights.held[head].told = 0
            return []
        return [self._look_record(now_ns, words, problems, flags=flags, head=head) for head, problems, flags in found]

    def _gap(self, now_ns: int, missed: int, ambiguous: bool = False) -> Record:
        self.missed += missed
        self.ambiguous += ambiguous or not missed
        self._flights.forget()
        flags = EventFlag.AMBIGUOUS if ambiguous else EventFlag(0)
        return self._records.make(EventKind.GAP, now_ns, count=missed, flags=flags)

    def _look_record(self, now_ns: int, words: Words, problems: int, flags: int = 0, head: int = 0) -> Record:
        return self._records.make(
            EventKind.LOOK, now_ns, flags=flags, head=head, index=words.avail_idx, event=words.used_idx,
            problems=problems, readable_bytes=words.pack(),
        )  # fmt: skip
