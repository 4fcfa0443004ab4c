"""What one vhost-user session has agreed on: features, memory, and how far each ring is set up."""

from dataclasses import dataclass, field

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.vhost_user.payload import Region

LACKS_SIZE, LACKS_ADDRESS, LACKS_BASE = 1, 2, 4


@dataclass(slots=True)
class RingTerms:
    """One ring as the front end has set it up. A base of its own is needed each time it starts."""

    sized: bool = False
    placed: bool = False
    based: bool = False
    kickable: bool = False
    enabled: bool = False
    was_enabled: bool = False
    told: bool = False
    """That something is missing was told."""
    hasty: bool = False
    """That it was kicked before it was enabled was told."""

    @property
    def lacking(self) -> int:
        """LACKS_... of what it takes to start."""
        return LACKS_SIZE * (not self.sized) | LACKS_ADDRESS * (not self.placed) | LACKS_BASE * (not self.based)


@dataclass(slots=True)
class Terms:
    """One session. What is None nobody saw: the observation began later, or it was not said yet."""

    seen: bool = False
    """From its beginning."""
    offered: int | None = None
    accepted: int | None = None
    protocol_offered: int | None = None
    protocol_accepted: int | None = None
    postcopy: bool = False
    regions: list[Region] = field(default_factory=list)
    partial: bool = False
    """The memory table was recorded in part only."""
    rings: dict[int, RingTerms] = field(default_factory=dict)

    @property
    def protocol(self) -> int | None:
        """Protocol features in force, None when they cannot be known."""
        return 0 if self.protocol_accepted is None and self.seen else self.protocol_accepted

    def ring(self, index: int) -> RingTerms:
        """What was said of a ring."""
        return self.rings.setdefault(index, RingTerms())

    def enabled(self, ring: RingTerms) -> bool:
        """Whether a ring may be worked on: SET_VRING_ENABLE counts where feature bit 30 was acknowledged."""
        return ring.enabled or not (self.accepted or 0) & Feature.PROTOCOL_FEATURES

    @property
    def idle(self) -> list[int]:
        """The rings that have a kick and were never enabled, without those of which it was told."""
        if not self.seen:
            return []
        return [i for i, r in self.rings.items() if r.kickable and self.early(r)]

    def early(self, ring: RingTerms) -> bool:
        """Whether a kick comes too early, and that was not told yet."""
        return not (ring.was_enabled or ring.hasty or self.enabled(ring))

    def mapped(self, uva: int) -> bool:
        """Whether a front-end address is in a region."""
        return self.partial or any(region.uva <= uva < region.uva + region.size for region in self.regions)

    @property
    def translated(self) -> bool:
        """Addresses are the guest's I/O addresses, which an IOMMU translates."""
        return bool((self.accepted or 0) & Feature.ACCESS_PLATFORM)

    def reset(self) -> None:
        """The device was reset: every ring is to be set up again."""
        self.rings.clear()
