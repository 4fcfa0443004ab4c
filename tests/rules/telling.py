"""How stories are told: each makes one rule fire at one event, and says what else may."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.stories import Story
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.finding import Confidence, Culprit, Severity


@dataclass
class Broken:
    """A story that breaks a rule at event `row`; culprit and severity are the catalogue's unless said.

    No row: the rule tells of a trend, at the event at which it happens to be looked at.
    """

    story: Story
    row: int | None
    culprit: Culprit | None = None
    severity: Severity | None = None
    confidence: Confidence = Confidence.CERTAIN


@dataclass(frozen=True)
class Told:
    """One story: `code` fires, and of all other rules only those in `also` may."""

    code: str
    tell: Callable[[], Broken] = field(compare=False)
    also: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.code}-{self.tell.__name__.replace('_', '-')}"


TOLD: list[Told] = []


def tells(code: str, also: set[str] | None = None) -> Callable[[Callable[[], Broken]], Callable[[], Broken]]:
    """The decorated story breaks this rule."""

    def keep(tell: Callable[[], Broken]) -> Callable[[], Broken]:
        TOLD.append(Told(code, tell, frozenset(also or ())))
        return tell

    return keep


def last(story: Story, kind: EventKind, queue: int) -> int:
    """The row of the latest event of a kind on a queue of the story's device."""
    records = story.guest.records
    return max(i for i, r in enumerate(records) if (r.kind, r.device, r.queue) == (kind, story.device, queue))
