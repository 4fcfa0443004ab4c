"""Findings by rule or by who broke it: one line a group, the worst first."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.rules.registry import Rule, by_number
from vdmabuf_inspect.rules.runner import CULPRITS
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column
from vdmabuf_inspect.views.evidence import Sorted, evidence

GROUPINGS = ("rule", "culprit")
COLUMNS = (
    Column("severity", "", 1),
    Column("name", "rule", 7),
    Column("count", "count", 7, right=True),
    Column("first", "first", 8, right=True),
    Column("last", "last", 8, right=True),
    Column("slug", "what", 28),
)


@dataclass(frozen=True)
class Group:
    """`places`: int64[n], the group's findings as rows of the findings view; `rule` is None where it has several."""

    name: str
    slug: str
    severity: Severity
    places: Array
    first: int
    last: int
    rule: Rule | None


def groups(session: Session, by: str, end: int) -> list[Group]:
    """The groups of all findings up to event `end` that are not silenced; `by` is one of GROUPINGS."""
    found, log = evidence(session).sorted(), session.findings
    order = found.order[: place(found.rows, end)]
    keys = (log.rule if by == "rule" else log.culprit)[order]
    made = [_group(log, found, by, np.flatnonzero(keys == key)) for key in np.unique(keys)]
    return sorted(made, key=lambda group: (-group.severity, -len(group.places), group.name))


def _group(log: Log, found: Sorted, by: str, places: Array) -> Group:
    numbers = found.order[places]
    worst = Severity(int(log.severity[numbers].max()))
    first, last = int(found.rows[places[0]]) + 1, int(found.rows[places[-1]]) + 1
    if by == "rule":
        rule = by_number(int(log.rule[numbers[0]]))
        return Group(rule.code, rule.slug, worst, places, first, last, rule)
    rules = np.unique(log.rule[numbers])
    one = by_number(int(rules[0])) if len(rules) == 1 else None
    named = ", ".join(by_number(int(number)).code for number in rules)
    return Group(CULPRITS[int(log.culprit[numbers[0]])].value, named, worst, places, first, last, one)
