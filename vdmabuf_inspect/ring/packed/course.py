"""What two looks at a packed ring mean: which chains were made available and which were returned in between.

The driver's place can be read off the ring (`Slots.driver`). The device's is known from the lengths of the chains that
it returned. Used descriptors overwrite others, so the length of a chain that came and went between two looks is known
only from where the next used descriptor stands.
"""

from dataclasses import dataclass, field

from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.ring.packed.slots import Group, Slots


@dataclass(frozen=True, slots=True)
class Offer:
    """A chain made available. Where it is not `whole`, its descriptors are overwritten and `slots` is the least."""

    place: int
    slots: int
    id: int
    whole: bool = True
    problems: Problem = Problem(0)


@dataclass(frozen=True, slots=True)
class Return:
    """A chain returned. `implied`: nothing was written for it, a later one of its batch says it (2.8.8)."""

    place: int
    slots: int
    id: int
    length: int = 0
    flags: int = 0
    implied: bool = False


@dataclass(slots=True)
class Happened:
    """Both lists in the order of their side; between the sides nothing is known but what chains make necessary."""

    offers: list[Offer] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    missed: int = 0
    """Events that were overwritten, the least that there must have been."""
    ambiguous: bool = False
    """There may have been any number more."""


class Course:
    """Where both sides of one ring are, and which chains the device has. `follow` takes it to the next look.

    What cannot be told yet (a chain, or the rest of one that was returned?) is kept in doubt until the next used
    descriptor decides, or until `decide` is called. Chains of which nothing is left but their length in slots
    (`hidden`) are told when they come back.
    """

    def __init__(self, size: int, in_order: bool = False, driver: int = 0, device: int = 0) -> None:
        self.size = size
        self.driver, self.device = driver, device
        self.out: dict[int, Group] = {}
        """Chains that the device has, by buffer ID, in the order in which they were made available."""
        self.doubt: list[Group] = []
        self._in_order = in_order
        self._loose = False
        """The device may be at any place from `device` on."""
        self._unseen: int | None = None
        """The last used descriptor, when it is of a chain whose length nobody knows."""
        self._fresh: set[int] = set()
        self._guessed: set[int] = set()
        self._lengths: set[int] = set()
        self._disorder = False

    @property
    def hidden(self) -> int:
        """Slots, at most, of chains that the device has and nobody saw."""
        return self.driver - self.device - sum(group.slots for group in self.out.values())

    def follow(self, slots: Slots) -> Happened:
        """What happened until the ring looked like this."""
        happened = Happened()
        end = self._end(slots, happened)
        self._fresh.clear()
        while (place := self._mark(slots, end)) is not None:
            self._take(slots, place, end, happened)
        self._rest(slots, end, happened)
        return happened

    def decide(self) -> Happened:
        """Nothing more came: take chains in doubt for what they most likely are."""
        happened = Happened()
        rest, self.doubt = self.doubt, []
        for group in rest:
            if not self._disorder and 1 + group.slots not in self._lengths - {1}:
                self._guessed.add(group.id)
                self._offer(group, happened)
                self._loose = False
        return happened

    def forget(self) -> None:
        """After a stretch that nobody saw, nothing is known of what the device has."""
        self.out.clear()
        self.doubt.clear()
        self._guessed.clear()
        self._unseen, self._loose = None, True

    def _end(self, slots: Slots, happened: Happened) -> int:
        """The driver's new place; what was overwritten meanwhile is counted."""
        at = slots.driver()
        ahead = slots.run(self.driver) if at is None else (at - self.driver) % (2 * self.size)
        if ahead == self.size + 1 and self.device == self.driver:
            ahead = 0  # a chain as long as the ring is being written, its first descriptor last
        end = self.driver + ahead
        if ahead > self.size:
            self._lose(end, len(self.out) + 2, happened)
            self.driver = end - self.size
        elif end - self.device > self.size:
            self._lose_used(end, happened)
        return end

    def _lose(self, end: int, missed: int, happened: Happened) -> None:
        happened.missed += missed
        happened.ambiguous = True
        self.forget()
        self.device = end - self.size

    def _lose_used(self, end: int, happened: Happened) -> None:
        """Used descriptors were overwritten by the driver's next lap."""
        first = end - self.size
        kept = {} if self._disorder else {id: g for id, g in self.out.items() if g.place >= first}
        self._lose(end, max(1, len(self.out) - len(kept)), happened)
        self.out.update(kept)

    def _mark(self, slots: Slots, end: int) -> int | None:
        """The next used descriptor."""
        stop = end if self._loose else min(self.device + 1, end)
        return next((place for place in range(self.device, stop) if slots.marked(place)), None)

    def _take(self, slots: Slots, place: int, end: int, happened: Happened) -> None:
        _, length, buffer, flags = slots.at(place)
        self._bound(slots, place, happened)
        self._settle(place, buffer, happened)
        if buffer not in self.out and place < self.driver:
            self._read(slots, end, happened, buffer)
        if buffer in self.out:
            self._return(Return(place, self.out[buffer].slots, buffer, length, flags), happened)
        else:
            self._return_unseen(Return(place, 1, buffer, length, flags), happened)

    def _bound(self, slots: Slots, place: int, happened: Happened) -> None:
        """The chain of unknown length ends at or before `place`, where the next used descriptor stands."""
        begin, self._unseen = self._unseen, None
        if begin is None or self.doubt:
            return
        if self._in_order and place > begin + 1:
            self._batch(slots, begin, place, happened)
        elif place > begin + 1:
            rest = slots.group(begin + 1)
            self._disorder |= rest.slots != place - begin - 1 or not rest.whole
        self._lengths.add(place - begin)
        self.driver = max(self.driver, place)

    def _batch(self, slots: Slots, begin: int, end: int, happened: Happened) -> None:
        """The chains between two used descriptors of an in-order device: all of them were returned by the first."""
        groups, place = [], begin + 1
        while place < end:
            groups.append(slots.group(place))
            place += groups[-1].slots
        if len(groups) < 2:
            return
        for group in groups[:-1]:
            happened.offers.append(Offer(group.place, group.slots, group.id, group.whole))
            happened.returns.append(Return(group.place, group.slots, group.id, implied=True))
        happened.missed += 0 if 1 not in self._lengths else 2

    def _settle(self, place: int, buffer: int, happened: Happened) -> None:
        """A used descriptor at `place` tells which of the chains in doubt were chains."""
        rest, self.doubt = self.doubt, []
        for group in rest:
            if group.place < place:
                if self._in_order and group is not rest[-1]:
                    self._offer(group, happened)
                    self._return(Return(group.place, group.slots, group.id, implied=True), happened)
                continue
            if group.id == buffer or self._in_order:
                self._offer(group, happened)
            elif group.place > place:
                self.doubt.append(group)

    def _return(self, back: Return, happened: Happened) -> None:
        ids = list(self.out)
        first = ids.index(back.id)
        if first and self._in_order:
            for buffer in ids[:first]:
                group = self.out.pop(buffer)
                happened.returns.append(Return(group.place, group.slots, buffer, implied=True))
                self.device += group.slots
        self._disorder |= bool(first)
        self._guessed.discard(back.id)
        del self.out[back.id]
        happened.returns.append(back)
        self.device, self._loose = max(back.place, self.device) + back.slots, False

    def _return_unseen(self, back: Return, happened: Happened) -> None:
        new = back.place >= self.driver
        self.device = back.place
        if new or self.hidden > 0 or self._guessed:
            self._disorder |= not new
            happened.ambiguous |= not new and self.hidden <= 0
            self._fresh.add(back.id)
            happened.offers.append(Offer(back.place, 1, back.id, False))
        if not new and self.hidden <= 0:
            for buffer in self._guessed:
                self.out.pop(buffer, None)
            self._guessed.clear()
        happened.returns.append(back)
        self.device, self._loose = back.place + 1, True
        if new:
            self._unseen, self.driver = back.place, back.place + 1

    def _read(self, slots: Slots, end: int, happened: Happened, until: int | None = None) -> None:
        """Chains from the driver's last place on, to the end or to the one with buffer ID `until`."""
        while self.driver < end and until not in self.out and not slots.marked(self.driver):
            group = slots.group(self.driver)
            self.driver += group.slots
            if group.id in self._fresh:
                self.doubt.append(group)
            else:
                self._offer(group, happened)

    def _rest(self, slots: Slots, end: int, happened: Happened) -> None:
        """After the last used descriptor: the rest of its chain, if that is not known, and chains behind it."""
        if self._unseen is not None:
            self._tail(slots, end)
        while self.driver < end:
            self._read(slots, end, happened)
            if self.driver < end:  # a used descriptor of a chain that another one overwrote
                self.driver += 1

    def _tail(self, slots: Slots, end: int) -> None:
        """Does what stands behind the last used descriptor belong to its chain?"""
        begin = self._unseen
        assert begin is not None
        buffer = slots.at(begin)[2]
        rest = slots.group(begin + 1) if begin + 1 < end else None
        if rest is None or rest.id != buffer:
            self._loose = self._disorder and rest is not None
            self._lengths.add(1)
            self._unseen = None
        elif 1 + rest.slots in self._lengths and 1 not in self._lengths:
            self.driver = self.device = rest.place + rest.slots
            self._loose, self._unseen = False, None

    def _offer(self, group: Group, happened: Happened) -> None:
        problems = Problem.ID_REUSED if group.id in self.out else Problem(0)
        self._lengths.add(group.slots)
        self.out.pop(group.id, None)
        self.out[group.id] = group
        happened.offers.append(Offer(group.place, group.slots, group.id, group.whole, problems))
