"""Watches one packed queue: each look at guest memory becomes the events since the last one. Never writes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import monotonic_ns

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.chain import Chain
from vdmabuf_inspect.ring.flight import Flights
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout, layout_problems
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.packed.certainty import half_used, since
from vdmabuf_inspect.ring.packed.course import Course
from vdmabuf_inspect.ring.packed.firsts import Firsts
from vdmabuf_inspect.ring.packed.happened import Happened, Offer, Return
from vdmabuf_inspect.ring.packed.pace import Pace
from vdmabuf_inspect.ring.packed.slots import WRITE, Group, Slots, word_of
from vdmabuf_inspect.ring.packed.turn import Turn, lapped, replaced, wrong_wrap
from vdmabuf_inspect.ring.packed.walk import rewritten, walk
from vdmabuf_inspect.ring.packed.words import Window, Words, event_problems
from vdmabuf_inspect.ring.records import Records
from vdmabuf_inspect.ring.trust import distrust, without_preimage
from vdmabuf_inspect.ring.wishes import Wishes

_MANY = 16
"""No ring of so many slots comes to look as it did by chance."""
COMPARE_NS = 1_000_000
"""How often outstanding chains are compared with what they were when they were made available."""


class Watcher:
    """One packed queue's observer. Call `start` once, `look` as often as wanted, `stop` at the end.

    Times are nanoseconds; records come in an order in which the events can have happened.
    """

    def __init__(
        self, memory: Memory, layout: QueueLayout, snaplen: int = 65536, others: Sequence[QueueLayout] = (),
        base: int | None = None,
    ) -> None:  # fmt: skip
        """base: what the front end said of where the device goes on (SET_VRING_BASE)."""
        self.memory = memory
        self.layout = layout
        self.polls = self.missed = self.torn = self.ambiguous = 0
        self._others, self._base = others, base
        self._records = Records(memory, layout, snaplen)
        self._flights = Flights(memory, snaplen, self._rewritten)
        self._window = Window(memory, layout) if 0 < layout.size <= MAX_SIZE else None
        self._course = Course(max(1, layout.size), layout.has(Feature.IN_ORDER))
        self._firsts = Firsts()
        self._wishes = Wishes()
        self._told = Problem(0)
        self._seen: Words | None = None
        self._turn: Turn | None = None
        """The last look."""
        self._pace = Pace(max(1, layout.size))
        self._looked_ns = self._read_ns = 0
        self._sure = True
        """No two laps can have gone by between the last two looks."""
        self._known = set[int]()
        """Buffer IDs of the chains that were out at the last look, seen or not."""
        self._compared_ns = 0

    def start(self, now_ns: int, complete: bool) -> list[Record]:
        """START, and AVAILABLE (presumed) for each chain that is outstanding already.

        `complete` says that the queue is watched from its set-up, with both sides at slot 0, wrap counters 1.
        """
        problems = layout_problems(self.layout, self.memory, self._others)
        words, self._looked_ns = self.sight(), now_ns
        if words is None:
            self._window = None
            return [self._records.start(now_ns, problems, 0, 0, False)]
        if complete:
            at = word_of(0, self.layout.size)
            return [self._records.start(now_ns, problems, at, at, True)]
        presumed = self._presume(now_ns, words)
        places = self._places()
        return [self._records.start(now_ns, problems, *places, False), *self._anomaly(now_ns, words), *presumed]

    def look(self, now_ns: int) -> list[Record]:
        """The events since the last look."""
        return self.step(now_ns, self.sight())

    def sight(self) -> Words | None:
        """The ring's words now; None when it cannot be read."""
        words = None if self._window is None else self._window.words()
        self._read_ns = monotonic_ns()
        return words

    def step(self, now_ns: int, words: Words | None) -> list[Record]:
        """The events between the last look and `words`, which was read just now."""
        self.polls += 1
        if words is None:
            return []
        elapsed_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        self._sure = self._pace.sure(elapsed_ns) or words.slots.fresh() or self._rests(words.slots)
        if words is self._seen and not (self._wishes.untold or self._course.early is not None):
            self._lapse(self._flights.held)
            return self._altered(now_ns, words)
        self._seen = words
        before = self._turn
        happened = self._follow(words.slots, elapsed_ns)
        self._turn = Turn(words.slots, self._course.driver, self._course.device)
        records = self._anomaly(now_ns, words)
        if before is not None and before.slots is not words.slots:
            if self._impossible(before, self._turn, happened):
                return [*records, *self._begin_again(now_ns, words)]
            wrong = wrong_wrap(before, self._turn) if self._sure else None
            records += [] if wrong is None else [self._look_record(now_ns, words, Problem.WRAP_MISMATCH, head=wrong)]
        if happened.lossy:
            records.append(self._gap(now_ns, happened))
        if happened.offers or happened.returns:
            records += self._entries(now_ns, words, happened)
        return records + self._altered(now_ns, words)

    def _lapse(self, heads: Iterable[int]) -> None:
        if not self._sure:
            self._flights.lapse(heads)

    def resume(self, now_ns: int) -> Record:
        """START, where it was at the last look: the ring goes on from there."""
        self._looked_ns = now_ns
        return self._records.resumed(now_ns, *self._places())

    def unaltered(self) -> bool:
        """Whether all chains that are out are what they were when they were made available."""
        return self._flights.unaltered

    def stop(self, now_ns: int, closed: bool) -> list[Record]:
        """A last look and STOP; `closed` when the session ended in good order."""
        flags = EventFlag.CLOSED if closed else EventFlag(0)
        return [*self.look(now_ns), self._records.make(EventKind.STOP, now_ns, flags=flags)]

    def _follow(self, slots: Slots, elapsed_ns: int) -> Happened:
        if self._stood(slots) and self._course.early is None:
            self._lapse(self._flights.held)
            return Happened()
        device, self._known = self._course.device, set(self._course.out)
        happened = self._course.follow(slots, sure=self._sure)
        calm = self._pace.note(self._course.device - device, elapsed_ns)
        self._course.lost |= not (calm or slots.fresh())
        self._sure = self._sure and not self._course.lost
        self._lapse(self._flights.held)
        return happened

    def _rests(self, slots: Slots) -> bool:
        """Whether the ring is what it was at the last look in so many places that it has stood still."""
        return slots.size >= _MANY and self._stood(slots)

    def _stood(self, slots: Slots) -> bool:
        """Whether the ring is what it was at the last look."""
        return self._turn is not None and slots is self._turn.slots

    def _impossible(self, before: Turn, now: Turn, happened: Happened) -> bool:
        """Whether slots have changed that nobody had to write: laps went by, unless it is certain that none did."""
        first = min([before.device, *(back.place for back in happened.returns)])
        if lapped(replace(before, device=first), now):
            return True
        return not self._sure and (happened.impossible or replaced(before, now))

    def _presume(self, now_ns: int, words: Words) -> list[Record]:
        """What is outstanding on a ring that was at work before."""
        base, self._base = self._base, None
        self._course = course = Course.begun(words.slots, self.layout.has(Feature.IN_ORDER), base)
        course.follow(words.slots)
        course.presume()
        self._seen, self._turn = words, Turn(words.slots, course.driver, course.device)
        offers = [Offer(g.place, g.slots, g.id) for g in course.out.values()]
        self._sure = not course.lost
        records = [self._available(now_ns, offer, words, EventFlag.PRESUMED) for offer in offers]
        return self._vouched(records, words, Happened(offers))

    def _begin_again(self, now_ns: int, words: Words) -> list[Record]:
        """Laps went by: nothing is known but what the ring says now."""
        lost = Happened(missed=len(self._course.out), ambiguous=True)
        self._course.out.clear()
        return [self._gap(now_ns, lost), *self._presume(now_ns, words)]

    def _entries(self, now_ns: int, words: Words, happened: Happened) -> list[Record]:
        available = [(i, offer.id) for i, offer in enumerate(happened.offers)]
        used = [(i, back.id, back.length) for i, back in enumerate(happened.returns)]
        gone = {offer.id for offer in happened.offers if not offer.whole}
        a, u = iter(happened.offers), iter(happened.returns)
        records = [
            self._available(now_ns, next(a), words) if turn == 0 else self._returned(now_ns, next(u), words, gone)
            for turn in merge(available, used, self._known | self._flights.held.keys())
        ]
        return self._vouched(records, words, happened)

    def _vouched(self, records: list[Record], words: Words, happened: Happened) -> list[Record]:
        """The same, STALE where nobody can say that it is what it was."""
        began_ns = self._read_ns
        now = self.sight() or words
        again, returned = since(records, self._course, words.slots, now.slots)
        heads = {record.head for record in records}
        timely = self._pace.sure(self._read_ns - began_ns) or now.slots.fresh()
        again |= set() if timely or now.slots is words.slots else heads
        if now.slots.marked(self._course.device):  # its descriptor may have been half a used one
            again |= {offer.id for offer in happened.offers if offer.place == self._course.device}
        written = returned | {back.id for back in happened.returns if back.length}
        records = [without_preimage(r) if r.head in written else r for r in records]
        back = returned if self._sure and timely else heads
        records, torn, doubtful = distrust(records, again, back, at_once=True)
        self._flights.doubt(doubtful)
        self.torn += torn
        return records

    def _available(self, now_ns: int, offer: Offer, words: Words, flags: int = 0) -> Record:
        self._wishes.tell(avail_event=words.wish.avail_event)
        fields = {"head": offer.id, "index": word_of(offer.place, self.layout.size), "event": words.wish.avail_event,
                  "count": offer.slots}  # fmt: skip
        half = self._course.writes(offer.place) and half_used(words.slots, offer, self._flights.held)
        flags |= EventFlag.STALE if half or offer.late or not offer.whole else 0
        first = None if offer.whole else self._firsts.guess(words.slots.at(offer.place)[0], offer.slots)
        if not offer.whole and (first is None or not offer.near):
            return self._records.make(EventKind.AVAILABLE, now_ns, flags=flags, chain_length=offer.slots, **fields)
        group = Group(offer.place, offer.slots, offer.id)
        flight, _ = self._flights.take(walk(self.memory, self.layout, words.slots, group, first))
        flight.doubtful, flight.unsure = half or offer.late or not offer.whole, not self._sure
        if offer.whole:
            self._firsts.note(flight.chain.descriptors[0], offer.slots)
        return self._records.available(now_ns, flight, flags, offer.problems, **fields)

    def _returned(self, now_ns: int, back: Return, words: Words, gone: set[int]) -> Record:
        """USED; of a chain in `gone` nobody saw the descriptors."""
        self._wishes.tell(used_event=words.wish.used_event)
        fields = {"head": back.id, "index": word_of(back.place, self.layout.size), "event": words.wish.used_event,
                  "count": back.slots}  # fmt: skip
        flight = self._flights.give_back(back.id)
        if flight is None:
            unseen = back.id in gone or back.id in self._known or not self._sure
            flags = EventFlag.STALE if unseen else EventFlag(0)
            return self._records.make(EventKind.USED, now_ns, used_len=back.length, flags=flags, **fields)
        length, writable = back.length, flight.chain.total(True)
        if back.implied:
            length = writable  # 2.8.8: used completely
        elif not back.flags & WRITE and not writable:
            length = 0  # 2.8.4: reserved, as nothing was written
        flight.doubtful |= flight.unsure and length > writable
        record = self._records.returned(now_ns, flight, length, **fields)
        kept = ~EventFlag.TAIL_CHANGED if flight.reached <= length else ~EventFlag(0)
        return replace(record, flags=record.flags & kept)  # the driver may have used its memory for something else

    def _anomaly(self, now_ns: int, words: Words) -> list[Record]:
        """A LOOK where the event suppression structures are worth a record: problems, or wishes that changed."""
        wrong = event_problems(words.wish, self.layout)
        fresh = wrong & ~self._told
        self._told = wrong
        due = self._wishes.due(words.wish, now_ns)
        told = [bit for bit in (Problem.DRIVER_EVENT, Problem.DEVICE_EVENT) if fresh & bit]
        return [self._look_record(now_ns, words, bit) for bit in told or [Problem(0)] * due]

    def _rewritten(self, chain: Chain) -> bool:
        group = self._course.out.get(chain.head)
        if group is None or self._turn is None:
            return False
        course, slots = self._course, self._turn.slots
        return rewritten(self.memory, self.layout, slots, group, chain, course.driver, course.writes)

    def _altered(self, now_ns: int, words: Words) -> list[Record]:
        """Outstanding chains that are not what they were."""
        if now_ns - self._compared_ns < COMPARE_NS:
            return []
        self._compared_ns = now_ns
        found, reached = self._flights.changed(), self._flights.reached()
        if (found or reached) and not self._still(words):  # it may have come back before its bytes were read
            for head, _, _ in found:
                self._flights.held[head].told = 0
            return []
        for head, end in reached.items():
            self._flights.held[head].reached = end
        return [self._look_record(now_ns, words, problems, flags=flags, head=head) for head, problems, flags in found]

    def _still(self, words: Words) -> bool:
        """Whether the ring has not moved since these words were read."""
        began_ns = self._read_ns
        return self.sight() is words and (self._pace.sure(self._read_ns - began_ns) or words.slots.fresh())

    def _gap(self, now_ns: int, happened: Happened) -> Record:
        self.missed += happened.missed
        self.ambiguous += happened.ambiguous
        kept = {back.id for back in happened.returns}.union(self._course.out)
        for head in [head for head in self._flights.held if head not in kept]:
            self._flights.give_back(head)
        flags = EventFlag.AMBIGUOUS if happened.ambiguous else EventFlag(0)
        return self._records.make(EventKind.GAP, now_ns, flags=flags, count=happened.missed)

    def _look_record(self, now_ns: int, words: Words, problems: int, flags: int = 0, head: int = 0) -> Record:
        driver, device = self._places()
        return self._records.make(
            EventKind.LOOK, now_ns, flags=flags, head=head, index=driver, event=device, problems=problems,
            readable_bytes=words.pack(driver, device),
        )  # fmt: skip

    def _places(self) -> tuple[int, int]:
        return word_of(self._course.driver, self.layout.size), word_of(self._course.device, self.layout.size)
