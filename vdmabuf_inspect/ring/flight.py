"""Chains that the device holds: what they looked like when made available, and what has changed since."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, Problem
from vdmabuf_inspect.ring.chain import RING_TABLE, Chain


@dataclass(slots=True)
class Flight:
    """One outstanding chain and the bytes it had when it was first seen."""

    chain: Chain
    readable: bytes
    writable: bytes
    told: int = 0
    """Problems already reported for it: a standing condition is told once."""
    doubtful: bool = False
    """Its descriptors may have been another chain's when they were read."""
    unsure: bool = False
    """It may have come back already: entries were missed, and with them the order of what is left."""
    reached: int = 0
    """Bytes up to the last writable one that was seen changed while the device had it."""
    sharers: frozenset[int] = frozenset()
    """Heads of chains that were held when it took descriptors of theirs."""


CALM, SPARE = 100, 8
BUDGET = 4
_REACH = 4096
"""Writable bytes of a chain that are looked at while the device has it."""


@dataclass(slots=True)
class Flights:
    """All outstanding chains of one queue, by head. `altered` looks whether the descriptors of one are others now."""

    memory: Memory
    snaplen: int
    altered: Callable[[Chain], bool]
    held: dict[int, Flight] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    """Ring descriptor index to the head of the outstanding chain that holds it."""
    _turn: int = 0
    _calm: int = 0

    def take(self, chain: Chain) -> tuple[Flight, Problem]:
        """Hold the chain that was just made available; SHARED when it takes another's descriptor."""
        head = chain.head
        flight = Flight(
            chain,
            chain.read(self.memory, False, self.snaplen),
            chain.read(self.memory, True, self.snaplen),
        )
        ring = _slots(chain)
        flight.sharers = frozenset(self.owners[i] for i in ring if self.owners.get(i, head) != head)
        shared = bool(flight.sharers) or head in self.held
        self.owners.update(dict.fromkeys(ring, head))
        self.held[head] = flight
        self._calm = 0
        return flight, Problem.SHARED if shared else Problem(0)

    def give_back(self, head: int) -> Flight | None:
        """The chain at `head`, no longer held; None when no such chain is known."""
        flight = self.held.pop(head, None)
        self._calm = 0
        if flight is not None:
            for d in flight.chain.descriptors:
                if d.table == RING_TABLE and self.owners.get(d.index) == head:
                    del self.owners[d.index]
        return flight

    @property
    def sure(self) -> set[int]:
        """Heads that are out beyond doubt."""
        return {head for head, flight in self.held.items() if not flight.unsure}

    @property
    def unaltered(self) -> bool:
        """Whether the descriptors of every chain that is held are what they were, where that is known."""
        return not any(self.altered(flight.chain) for flight in self.held.values() if not flight.doubtful)

    def shares(self, flight: Flight, back: Iterable[int] = ()) -> bool:
        """Whether a chain that it shared descriptors with is held still, not among `back`, and read beyond doubt."""
        held = (self.held[head] for head in flight.sharers.difference(back) if head in self.held)
        own = _slots(flight.chain)
        return any(not each.doubtful and not own.isdisjoint(_slots(each.chain)) for each in held)

    def doubt(self, heads: Iterable[int]) -> None:
        """What was read of these chains proves nothing."""
        for head in heads:
            if head in self.held:
                self.held[head].doubtful = True

    def suspect(self, heads: Iterable[int]) -> None:
        """These may have come back already, and what was read of them proves nothing either."""
        for head in heads:
            if head in self.held:
                self.held[head].unsure = self.held[head].doubtful = True

    def lapse(self, heads: Iterable[int]) -> None:
        """These may have come back, and others with the same head may be out in their place."""
        for head in heads:
            if head in self.held:
                self.held[head].unsure = True

    def forget(self) -> None:
        """Drop everything: after a gap nobody knows what is still outstanding."""
        self.held.clear()
        self.owners.clear()

    def changed(self, budget: int = BUDGET) -> list[tuple[int, Problem, EventFlag]]:
        """(head, problems, flags) of held chains found altered while the device has them (2.7.13, 2.7.5.1).

        Looks at `budget` chains in turn, so that a look stays cheap however many are outstanding. Where none has come
        or gone for CALM calls, only each SPARE-th call looks at all.
        """
        self._calm += 1
        if self._calm > CALM and self._calm % SPARE:
            return []
        heads = list(self.held)
        found = []
        for step in range(min(budget, len(heads))):
            head = heads[(self._turn + step) % len(heads)]
            problems, flags = self._compare(self.held[head])
            if problems or flags:
                found.append((head, problems, flags))
        self._turn += budget
        return found

    def reached(self, budget: int = BUDGET) -> dict[int, int]:
        """Heads of the chains that `changed` looks at next, and up to where their writable bytes are others now."""
        found, heads = dict[int, int](), list(self.held)
        if self._calm > CALM and self._calm % SPARE:
            return found
        for step in range(min(budget, len(heads))):
            head = heads[(self._turn + step) % len(heads)]
            flight = self.held[head]
            before = flight.writable[:_REACH]
            if flight.doubtful or flight.unsure or not before:
                continue
            now = flight.chain.read(self.memory, True, len(before))
            changed = (i for i in reversed(range(len(now))) if now[i] != before[i]) if now != before else iter(())
            end = next(changed, -1) + 1
            if end > flight.reached:
                found[head] = end
        return found

    def _compare(self, flight: Flight) -> tuple[Problem, EventFlag]:
        problems, flags = Problem(0), EventFlag(0)
        if flight.doubtful or flight.unsure:
            return problems, flags
        if not flight.told & 1 and self.altered(flight.chain):
            problems = Problem.CHANGED_IN_FLIGHT
            flight.told |= 1
        now = flight.chain.read(self.memory, False, self.snaplen)
        if not problems and not flight.told & 2 and now != flight.readable:
            flags = EventFlag.READABLE_CHANGED
            flight.told |= 2
        return problems, flags


def _slots(chain: Chain) -> set[int]:
    """The ring's descriptors that it takes."""
    return {d.index for d in chain.descriptors if d.table == RING_TABLE}
