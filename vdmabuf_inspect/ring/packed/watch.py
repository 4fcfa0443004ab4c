"""Watches one packed queue: each look at guest memory becomes the events since the last one. Never writes."""

from collections.abc import Sequence
from dataclasses import replace
from struct import Struct

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.chain import Chain
from vdmabuf_inspect.ring.flight import Flights
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout, layout_problems
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.packed.course import Course
from vdmabuf_inspect.ring.packed.firsts import Firsts
from vdmabuf_inspect.ring.packed.happened import Happened, Offer, Return
from vdmabuf_inspect.ring.packed.slots import WRITE, Group, Slots, word_of
from vdmabuf_inspect.ring.packed.turn import Turn, lapped, wrong_wrap
from vdmabuf_inspect.ring.packed.walk import rewritten, walk
from vdmabuf_inspect.ring.packed.words import Window, Words, event_problems
from vdmabuf_inspect.ring.records import Records
from vdmabuf_inspect.ring.trust import distrust, without_preimage
from vdmabuf_inspect.ring.wishes import Wishes

_LOOK = Struct("<6H")
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
        self._compared_ns = 0

    def start(self, now_ns: int, complete: bool) -> list[Record]:
        """START, and AVAILABLE (presumed) for each chain that is outstanding already.

        `complete` says that the queue is watched from its set-up, with both sides at slot 0, wrap counters 1.
        """
        problems = layout_problems(self.layout, self.memory, self._others)
        words = self.sight()
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
        return None if self._window is None else self._window.words()

    def step(self, now_ns: int, words: Words | None) -> list[Record]:
        """The events between the last look and `words`, which was read just now."""
        self.polls += 1
        if words is None:
            return []
        if words is self._seen and not (self._wishes.untold or self._course.early is not None):
            return self._altered(now_ns, words)
        self._seen = words
        before = self._turn
        happened = self._follow(words.slots)
        self._turn = Turn(words.slots, self._course.driver, self._course.device)
        records = self._anomaly(now_ns, words)
        if before is not None and before.slots is not words.slots:
            first = min([before.device, *(back.place for back in happened.returns)])
            if lapped(replace(before, device=first), self._turn) or self._replaced(happened):
                return [*records, *self._begin_again(now_ns, words)]
            wrong = wrong_wrap(before, self._turn)
            records += [] if wrong is None else [self._look_record(now_ns, words, Problem.WRAP_MISMATCH, head=wrong)]
        if happened.lossy:
            records.append(self._gap(now_ns, happened))
        if happened.offers or happened.returns:
            records += self._entries(now_ns, words, happened)
        return records + self._altered(now_ns, words)

    def resume(self, now_ns: int) -> Record:
        """START, where it was at the last look: the ring goes on from there."""
        return self._records.resumed(now_ns, *self._places())

    def unaltered(self) -> bool:
        """Whether all chains that are out are what they were when they were made available."""
        return self._flights.unaltered

    def stop(self, now_ns: int, closed: bool) -> list[Record]:
        """A last look and STOP; `closed` when the session ended in good order."""
        flags = EventFlag.CLOSED if closed else EventFlag(0)
        return [*self.look(now_ns), self._records.make(EventKind.STOP, now_ns, flags=flags)]

    def _follow(self, slots: Slots) -> Happened:
        same = self._turn is not None and slots is self._turn.slots and self._course.early is None
        return Happened() if same else self._course.follow(slots)

    def _replaced(self, happened: Happened) -> bool:
        """Whether all chains that were out before and are still have other descriptors now: laps leave no other trace.

        One chain that the driver changed on a ring that stands still is another matter.
        """
        gone = {offer.id for offer in happened.offers} | {back.id for back in happened.returns}
        kept = [flight.chain for head, flight in self._flights.held.items() if head not in gone and not flight.doubtful]
        return len(kept) > (not gone) and all(map(self._rewritten, kept))

    def _presume(self, now_ns: int, words: Words) -> list[Record]:
        """What is outstanding on a ring that was at work before."""
        base, self._base = self._base, None
        self._course = course = Course.begun(words.slots, self.layout.has(Feature.IN_ORDER), base)
        course.follow(words.slots)
        course.presume()
        self._seen, self._turn = words, Turn(words.slots, course.driver, course.device)
        offers = [Offer(g.place, g.slots, g.id) for g in course.out.values()]
        return [self._available(now_ns, offer, words, EventFlag.PRESUMED) for offer in offers]

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
            for turn in merge(available, used, set(self._flights.held))
        ]
        now = self.sight() or words
        again, returned = self._course.since(now.slots) if now.slots is not words.slots else (set(), set())
        if now.slots.marked(self._course.device):  # its descriptor may have been half a used one
            again |= {offer.id for offer in happened.offers if offer.place == self._course.device}
        written = returned | {back.id for back in happened.returns if back.length}
        records = [without_preimage(r) if r.head in written else r for r in records]
        records, torn, doubtful = distrust(records, again, returned, at_once=True)
        self._flights.doubt(doubtful)
        self.torn += torn
        return records

    def _available(self, now_ns: int, offer: Offer, words: Words, flags: int = 0) -> Record:
        self._wishes.tell(avail_event=words.wish.avail_event)
        fields = {"head": offer.id, "index": word_of(offer.place, self.layout.size), "event": words.wish.avail_event,
                  "count": offer.slots}  # fmt: skip
        half = offer.place == self._course.device and not words.slots.at(offer.place)[1]
        flags |= EventFlag.STALE if half or not offer.whole else 0  # half: the device may have written the length
        first = None if offer.whole else self._firsts.guess(words.slots.at(offer.place)[0], offer.slots)
        if not offer.whole and (first is None or not offer.near):
            return self._records.make(EventKind.AVAILABLE, now_ns, flags=flags, chain_length=offer.slots, **fields)
        group = Group(offer.place, offer.slots, offer.id)
        flight, _ = self._flights.take(walk(self.memory, self.layout, words.slots, group, first))
        flight.doubtful = half or not offer.whole
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
            flags = EventFlag.STALE if back.id in gone else EventFlag(0)
            return self._records.make(EventKind.USED, now_ns, used_len=back.length, flags=flags, **fields)
        length, writable = back.length, flight.chain.total(True)
        if back.implied:
            length = writable  # 2.8.8: used completely
        elif not back.flags & WRITE and not writable:
            length = 0  # 2.8.4: reserved, as nothing was written
        return self._records.returned(now_ns, flight, length, **fields)

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
        turn = self._turn
        return rewritten(self.memory, self.layout, turn.slots, group, chain, turn.driver, turn.device)

    def _altered(self, now_ns: int, words: Words) -> list[Record]:
        """Outstanding chains that are not what they were."""
        if now_ns - self._compared_ns < COMPARE_NS:
            return []
        self._compared_ns = now_ns
        found = self._flights.changed()
        if found and self.sight() is not words:  # it may have come back before its bytes were read: look again
            for head, _, _ in found:
                self._flights.held[head].told = 0
            return []
        return [self._look_record(now_ns, words, problems, flags=flags, head=head) for head, problems, flags in found]

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
        wish = words.wish
        payload = _LOOK.pack(
            wish.avail_flags, driver, wish.used_event, wish.used_flags, device, wish.avail_event
        )  # fmt: skip
        return self._records.make(
            EventKind.LOOK, now_ns, flags=flags, head=head, index=driver, event=device, problems=problems,
            readable_bytes=payload,
        )  # fmt: skip

    def _places(self) -> tuple[int, int]:
        return word_of(self._course.driver, self.layout.size), word_of(self._course.device, self.layout.size)
