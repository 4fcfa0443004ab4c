"""What a rule says of an event: severity, confidence, culprit."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad: ERROR breaks a MUST, WARNING a SHOULD or a contradictory text, NOTE is worth knowing."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


class Confidence(IntEnum):
    """CERTAIN rests on what was seen; POSSIBLE rests on a presumption or on a history with holes."""

    POSSIBLE = 1
    CERTAIN = 2


class Culprit(StrEnum):
    """Who broke the rule."""

    DRIVER = "driver"
    DEVICE = "device"
    FRONT_END = "front end"
    BACK_END = "back end"
    TOOL = "inspector"
    EITHER = "sender"
    """Whoever sent the message: the driver on its queues, the device on the others."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """A known habit: a rule that is broken all the time and is then only a note, told once a queue.

    only: the habit is just this value of the finding's number `a`; any other keeps its severity.
    """

    only: int | None = None
