"""What two looks at a packed ring mean: which chains were made available and which were returned in between.

The driver's place can be read off the ring (`Slots.driver`). The device's is known from the lengths of the chains that
it returned. Used descriptors overwrite others, so the length of a chain that came and went between two looks is known
only from where the next used descriptor stands.
"""

from dataclasses import replace

from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.ring.packed.happened import Happened, Offer, Return
from vdmabuf_inspect.ring.packed.slots import Group, Slots
from vdmabuf_inspect.ring.packed.turn import Turn, being_written, oldest, only_device


class Course:
    """Where both sides of one ring are, and which chains the device has. `follow` takes it to the next look.

    What cannot be told yet (a chain, or the rest of one that was returned?) is in doubt until the next used
    descriptor decides. Chains of which nothing is left but their length in slots are told when they come back.
    """

    def __init__(self, size: int, in_order: bool = False, driver: int = 0, device: int = 0) -> None:
        self.size = size
        self.driver, self.device = driver, device
        self.out: dict[int, Group] = {}
        """Chains that the device has, by buffer ID, in the order in which they were made available."""
        self.doubt: list[Group] = []
        self.early: int | None = None
        """A chain whose first descriptor was available at the last look and another one not: judged at the next."""
        self._was_early: int | None = None
        self.in_order = in_order
        self._last: Slots | None = None
        self._loose = False
        """The device may be at any place from `device` on."""
        self._unseen: int | None = None
        """The last used descriptor, when it is of a chain whose length nobody knows."""
        self._unclear = 0
        """Chains that begin before this place are in doubt."""
        self._fresh: set[int] = set()
        self._guessed: set[int] = set()
        """Chains that the device has most likely."""
        self._lengths: set[int] = set()
        self._disorder = False
        self._skipped = (0, 0)
        """Places that the last batch skipped."""
        self._sure = True
        self.lost = False
        """Other chains may be out than are known."""
        self._surplus = self._twice = 0
        """Slots between both sides of which no chain is known; and of chains whose buffer ID another one took."""

    @classmethod
    def begun(cls, slots: Slots, in_order: bool, base: int | None = None) -> "Course":
        """One of a ring that was at work before: `follow` then tells what the ring still holds of its past.

        base: the device's place where the front end said it (SET_VRING_BASE: used position in bits 16 to 31, the
        available one in bits 0 to 15, which stands for both where the upper half is zero).
        """
        first = oldest(slots, base)
        course = cls(slots.size, in_order, first, first)
        course._loose, course._unclear = not base, 0 if base else first + 1
        course.lost = not slots.fresh() or slots.next_marked(first, first + slots.size) is not None
        return course

    def follow(self, slots: Slots, *, sure: bool = True) -> Happened:
        """What happened until the ring looked like this. sure: no two laps can have gone by meanwhile."""
        happened, self._sure = Happened(), sure
        end = self._end(slots, happened)
        self._guessed |= set() if sure else set(self.out)
        self._fresh.clear()
        self._was_early, self.early = self.early, None
        self._behind(slots, end, happened)
        while (place := slots.next_marked(self.device, end)) is not None:
            happened.ambiguous |= place != self.device and not self._loose
            self._take(slots, place, end, happened)
        self._rest(slots, end, happened)
        self._unseen, self._last = None, slots
        self._weigh(happened)
        return happened

    def presume(self) -> None:
        """Take chains in doubt for outstanding where that is most likely; after the first look, when nothing is proven.

        The first group behind the last used descriptor may be the rest of its chain: unless chains here are single.
        """
        rest, self.doubt = self.doubt, []
        for group in rest:
            tail = group.place < self._unclear or (self._loose and group.place == self.device)
            if self._disorder or (tail and (1 not in self._lengths or 1 + group.slots in self._lengths)):
                self.doubt.append(group)
                continue
            self._guessed.add(group.id)
            self._offer(group, Happened())

    def writes(self, place: int) -> bool:
        """Whether the device may write this place next."""
        return place == self.device or (self._loose and place > self.device)

    def _weigh(self, happened: Happened) -> None:
        """All slots between both sides are those of chains that are out: or else some came back that nobody saw."""
        before, twice, self._twice = self._surplus, self._twice, 0
        slots = sum(group.slots for group in (*self.out.values(), *self.doubt))
        self._surplus = surplus = 0 if self._loose else self.driver - self.device - slots
        if twice and (self._loose or surplus - before != twice):
            happened.offers = [replace(o, problems=o.problems & ~Problem.ID_REUSED) for o in happened.offers]
            happened.ambiguous = True
        happened.impossible |= surplus != 0 and not self._sure
        known = not (self._loose or self.doubt or surplus or self._guessed & self.out.keys())
        self.lost = happened.lossy or not self._sure or (self.lost and not known)

    def _end(self, slots: Slots, happened: Happened) -> int:
        """The driver's new place; what was overwritten meanwhile is counted."""
        at = slots.driver()
        ahead = slots.run(self.driver) if at is None else (at - self.driver) % (2 * self.size)
        before = Turn(self._last or Slots(bytes(16 * self.size)), self.driver, self.device)
        if ahead > self.size and (being_written(before, slots) or (self._sure and only_device(before, slots))):
            ahead = 0
        end = self.driver + ahead
        if ahead > self.size:
            self._lose(end, {}, len(self.out) + 2, happened)
            self.driver, self._unclear = end - self.size, end - self.size + 1
        elif end - self.device > self.size and not self._squeeze(end, happened):
            # Used descriptors were overwritten by the driver's next lap.
            kept = {} if self._disorder else {i: g for i, g in self.out.items() if g.place >= end - self.size}
            self._lose(end, kept, max(1, len(self.out) - len(kept)), happened)
        return end

    def _squeeze(self, end: int, happened: Happened) -> bool:
        """Whether it explains a driver so far ahead that a chain in doubt was none: its slots are free then."""
        rest = self.doubt[0] if self.doubt else None
        if self.in_order or rest is None or rest.place != self.device or end - rest.place - rest.slots > self.size:
            return False
        happened.ambiguous = True
        del self.doubt[0]
        self.device = rest.place + rest.slots
        return True

    def _lose(self, end: int, kept: dict[int, Group], missed: int, happened: Happened) -> None:
        happened.missed += missed
        happened.ambiguous = True
        self.out = kept
        self.doubt.clear()
        self._guessed = set(kept)
        self._unseen, self.early, self._loose, self._skipped = None, None, True, (0, 0)
        self.device = end - self.size

    def _behind(self, slots: Slots, end: int, happened: Happened) -> None:
        """A used descriptor in the slots that a batch skipped: it was none, the device does not keep the order."""
        begin, stop = self._skipped
        place = slots.next_marked(max(begin, end - self.size), stop)
        if place is None:
            return
        _, length, buffer, flags = slots.at(place)
        happened.returns.append(Return(place, 1, buffer, length, flags))
        self.device, self._loose, self.in_order, self._skipped = place + 1, True, False, (0, 0)

    def _take(self, slots: Slots, place: int, end: int, happened: Happened) -> None:
        _, length, buffer, flags = slots.at(place)
        self._bound(slots, place, happened)
        self._settle(slots, place, end, happened)
        if buffer not in self.out and place < self.driver:
            self._read(slots, end, happened, buffer)
        if buffer in self.out:
            self._return(Return(place, self.out[buffer].slots, buffer, length, flags), happened)
        else:
            self._return_unseen(Return(place, 1, buffer, length, flags), end, happened)

    def _bound(self, slots: Slots, place: int, happened: Happened) -> None:
        """The chain of unknown length ends at or before `place`, where the next used descriptor stands."""
        begin, self._unseen = self._unseen, None
        if begin is None or self.doubt:
            return
        if self.in_order:
            happened.batch(slots.groups(begin + 1, place), self._lengths)
        elif place > begin + 1:
            rest = slots.group(begin + 1)
            fits = rest.whole and rest.slots == place - begin - 1
            self._lengths |= {1 + rest.slots} if fits else set()
            happened.lengthen(place - begin)
            self._disorder |= not fits
        else:
            self._lengths.add(1)
        self.driver = max(self.driver, place)

    def _settle(self, slots: Slots, place: int, end: int, happened: Happened) -> None:
        """A used descriptor at `place` tells which of the chains in doubt were chains.

        Of two with one buffer ID the first had come back; of one that is offered again nobody knows which came back.
        """
        last = {group.id: group for group in self.doubt}
        rest = [group for group in self.doubt if self.in_order or last[group.id] is group]
        buffer, self.doubt = slots.at(place)[2], []
        again = any(group.id == buffer for group in slots.groups(self.driver, end))
        if self.in_order:
            happened.batch([group for group in rest if group.place < place], self._lengths)
        for group in (group for group in rest if group.place >= place):
            if self.in_order or (group.id == buffer and buffer not in self.out):
                overwritten = slots.marked(group.place) or group != slots.group(group.place)
                self._offer(replace(group, whole=not (overwritten or again)), happened)
                self._fresh.add(group.id)
            elif group.place > place:
                self.doubt.append(group)

    def _return(self, back: Return, happened: Happened) -> None:
        self.device = back.place
        earlier = list(self.out)[: list(self.out).index(back.id)]
        if self.in_order:
            for buffer in earlier:
                group = self.out.pop(buffer)
                happened.returns.append(Return(group.place, group.slots, buffer, implied=True))
            self.device = self.out[back.id].place  # those before its batch came back with one that nobody saw
            self._skipped = back.place + 1, self.device + back.slots
        self._disorder |= bool(earlier)
        self._guessed.discard(back.id)
        del self.out[back.id]
        happened.returns.append(back)
        self.device, self._loose = self.device + back.slots, False

    def _return_unseen(self, back: Return, end: int, happened: Happened) -> None:
        new = back.place >= self.driver
        hidden = new or end - back.place > sum(group.slots for group in self.out.values())
        if hidden or self._guessed:
            self._disorder |= not new
            self._fresh.add(back.id)
            happened.offers.append(Offer(back.place, 1, back.id, False, near=new))
        if not hidden and self._guessed:  # one of those was none
            happened.ambiguous = True
            self.out = {i: g for i, g in self.out.items() if i not in self._guessed}
            self._guessed.clear()
        happened.returns.append(back)
        self.device, self._loose = back.place + 1, True
        if new:
            self._unseen, self.driver = back.place, back.place + 1

    def _rest(self, slots: Slots, end: int, happened: Happened) -> None:
        """After the last used descriptor: the rest of its chain, if that is not known, and chains behind it."""
        if self._unseen is not None:
            self._tail(slots, self._unseen, end)
        if self.driver <= self.device < end and slots.at(self.device)[2] in self.out:
            end = self.device  # half a used descriptor may lie over the chain that stands there
        while self.driver < end and self.early is None:
            self._read(slots, end, happened)
            if self.driver < end and self.early is None:
                self.driver += 1  # a used descriptor of a chain that another one overwrote

    def _tail(self, slots: Slots, begin: int, end: int) -> None:
        """Does what stands behind the last used descriptor belong to its chain, or to its batch?"""
        buffer = slots.at(begin)[2]
        groups = slots.groups(begin + 1, end)
        rest = next((g for g in reversed(groups if self.in_order else groups[:1]) if g.id == buffer), None)
        if rest is None:
            self._loose = self._disorder and bool(groups)
            self._lengths |= set() if self._disorder else {1}
            self._unseen = None
        else:
            self._unclear = rest.place + rest.slots

    def _read(self, slots: Slots, end: int, happened: Happened, until: int | None = None) -> None:
        """Chains from the driver's last place on, to the end or to the one with buffer ID `until`."""
        while self.driver < end and until not in self.out and not slots.marked(self.driver):
            group = slots.group(self.driver)
            fits, again = slots.consistent(group.place, group.slots), self._was_early == group.place
            if not fits and not (again and self._sure):
                self.early = group.place
                happened.impossible |= not self._sure
                return
            self.driver += group.slots
            if self.in_order and self._unseen == group.place - 1:
                group = replace(group, whole=False)  # it may be the rest of the first chain of a batch
            if group.id in self._fresh or group.place < self._unclear:
                self.doubt.append(group)
            else:
                early = Problem.PUBLISHED_EARLY if again else Problem(0)
                self._offer(group, happened, early if fits else Problem.CHAIN_BITS)

    def _offer(self, group: Group, happened: Happened, problems: int = 0) -> None:
        if group.id in self.out:
            half = self.writes(group.place) or happened.half(group.id, self.device)
            again = self._sure and not (group.id in self._guessed or happened.lossy or half)
            happened.impossible |= not self._sure
            problems |= Problem.ID_REUSED if again else 0
            self._guessed.discard(group.id)
            self._twice += self.out.pop(group.id).slots if again else 0
            self.out.pop(group.id, None)
        self._lengths |= {group.slots} if group.whole else set()
        last = next(reversed(self.out.values()), group)
        self.out[group.id] = group
        late = group.place < last.place  # it was in doubt
        if late:
            self.out = dict(sorted(self.out.items(), key=lambda item: item[1].place))
        told = Offer(group.place, group.slots, group.id, group.whole, Problem(problems), late=late and self.in_order)
        happened.offers.append(told)
