"""Every rule by its code. A rule is one documented function over columns; its docstring is its page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Any, TypeVar

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity


class On(Enum):
    """Which columns a rule reads."""

    EVENTS = "ring events"
    MESSAGES = "messages of one protocol"
    PAGES = "page lists of one protocol's buffers"
    CLOCK = "the state after a batch, and the time"
    SESSION = "the tool's own observations"


class Per(Enum):
    """What a standing condition is told once for, with a count."""

    EACH = "event"
    OBJECT = "buffer"
    QUEUE = "queue"
    DEVICE = "device"


class History(Enum):
    """What a rule needs to have seen before an event, and what becomes of it where that is missing."""

    NONE = "judges what is there; always certain"
    HELPS = "possible where the observation has holes"
    NEEDED = "silent where the observation has holes"


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a rule fires: `at` are indices into the columns it read (or a mask); `a` and `b` go into its text.

    A text with alternatives (`one|two`) takes the one numbered `b`. `severity` overrides the rule's, row by row;
    `by_driver` are those of the sender's faults that the driver made, though the message is the device's.
    """

    at: Array
    a: Array | int = 0
    b: Array | int = 0
    severity: Array | None = None
    by_driver: Array | bool = False


@dataclass(frozen=True)
class Standing:
    """A hit of a clock rule: the event it is about, and on which queue and object it stands."""

    row: int
    qid: int = -1
    object: int = -1
    a: int = 0
    b: int = 0
    certain: bool = True
    culprit: Culprit | None = None
    """Where it is not the rule's."""


Check = Callable[[Any], Any]
_F = TypeVar("_F", bound=Check)


@dataclass(frozen=True)
class Rule:
    """One rule. `text` is formatted with `a`, `b` and the facts of the event it fires at."""

    code: str
    slug: str
    severity: Severity
    culprit: Culprit
    clause: str
    text: str
    on: On
    per: Per
    history: History
    protocol: str
    check: Check = field(compare=False)

    @property
    def page(self) -> dict[str, str]:
        """The docstring's parts: What it does, Why it is bad, Example."""
        doc = re.sub(r"\s+", " ", self.check.__doc__ or "")
        parts = re.split(r"(What it does|Why it is bad|Example): ", doc)
        return dict(zip(parts[1::2], (p.strip() for p in parts[2::2]), strict=True))


RULES: dict[str, Rule] = {}
"""Every rule by code."""
LATER = {"VH": "vdmabuf_inspect.vhost_user.rules"}
"""Families, by the letters of their codes, that are imported when there is something for them to judge."""
_numbered: list[Rule] = []
_place: dict[str, int] = {}
_adding = Lock()


def rule(
    code: str,
    slug: str,
    severity: Severity,
    culprit: Culprit,
    clause: str,
    text: str,
    *,
    on: On = On.EVENTS,
    per: Per = Per.EACH,
    history: History = History.NONE,
    protocol: str = "",
) -> Callable[[_F], _F]:
    """Register the decorated function as a rule. Raises ValueError when the code is taken."""

    def register(check: _F) -> _F:
        if code in RULES or LATER.get(code[:2], check.__module__) != check.__module__:
            raise ValueError(f"rule {code} is defined twice")
        add_rule(Rule(code, slug, severity, culprit, clause, text, on, per, history, protocol, check))
        return check

    return register


def add_rule(rule: Rule) -> None:
    """Register a rule; one that had the same code before gives it its number."""
    with _adding:
        RULES[rule.code] = rule
        if rule.code not in _place:
            _place[rule.code] = len(_numbered)
            _numbered.append(rule)
        _numbered[_place[rule.code]] = rule


def number_of(code: str) -> int:
    """A rule's number: its place in `numbered`, for good. Raises KeyError for one that never was."""
    return _place[code]


def by_number(number: int) -> Rule:
    """The rule behind a number."""
    return _numbered[number]


def numbered() -> tuple[Rule, ...]:
    """All rules there ever were, in the order of definition; a finding stores a rule's place in this tuple."""
    return tuple(_numbered)
