"""What an observer of a packed ring finds to have happened between two looks."""

from dataclasses import dataclass, field, replace

from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.ring.packed.slots import Group


@dataclass(frozen=True, slots=True)
class Offer:
    """A chain made available. Where it is not `whole`, its descriptors are overwritten and `slots` is the least.

    `near`: only the first is overwritten, most likely, and stands at `place`.
    """

    place: int
    slots: int
    id: int
    whole: bool = True
    problems: Problem = Problem(0)
    near: bool = False
    late: bool = False
    """Chains that the device has to return after it were told before it."""


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
    """There may have been any number more, or what was told before was not so."""
    impossible: bool = False
    """No conforming pair does that unless laps went by unseen."""

    def lengthen(self, slots: int) -> None:
        """The last chain that was returned, of which nobody saw the descriptors, had so many slots."""
        back = self.returns[-1]
        self.returns[-1] = replace(back, slots=slots)
        at = next(
            (i for i, o in enumerate(self.offers) if (o.place, o.id, o.whole) == (back.place, back.id, False)), -1
        )
        if at >= 0:
            self.offers[at] = replace(self.offers[at], slots=slots)

    def batch(self, groups: list[Group], lengths: set[int]) -> None:
        """Chains up to the next used descriptor of an in-order device: all were returned by the one before them.

        The first group is the rest of that one's own first chain, or another chain: as chains on this ring are, which
        have so many slots as one of `lengths`.
        """
        if not groups:
            return
        alone, joined = 1 in lengths, 1 + groups[0].slots in lengths
        self.ambiguous |= alone or not joined
        for group in groups[:-1]:
            whole = group.whole and group is not groups[0]
            self.offers.append(Offer(group.place, group.slots, group.id, whole))
            self.returns.append(Return(group.place, group.slots, group.id, implied=True))

    def half(self, buffer: int, device: int) -> bool:
        """Whether a chain was just seen under this ID where half a used descriptor may lie over its own."""
        return any(offer.id == buffer and offer.place == device for offer in self.offers)

    @property
    def lossy(self) -> bool:
        """Whether anything was missed."""
        return bool(self.missed) or self.ambiguous
