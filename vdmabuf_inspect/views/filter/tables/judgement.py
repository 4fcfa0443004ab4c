"""What a finding says, and how other tables reach the findings about their rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Confidence, Severity
from vdmabuf_inspect.rules.registry import numbered
from vdmabuf_inspect.rules.runner import CULPRITS
from vdmabuf_inspect.session import catalogue
from vdmabuf_inspect.views.filter.fields import Field, Lift
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.texts import Choice
from vdmabuf_inspect.views.filter.rows import Rows, marks

assert catalogue

_SEVERITIES = tuple((s.name.lower(),) for s in Severity)
_CONFIDENCES = tuple((c.name.lower(),) for c in Confidence)


def _column(name: str) -> Callable[[Rows], Values]:
    return lambda rows: Values(getattr(rows.session.findings, name)[rows.index])


JUDGED = (
    Field("rule", Choice("rule", lambda: [(r.code, r.slug) for r in numbered()]), "code or slug of the rule",
          _column("rule"), searched=True),
    Field("slug", Choice("slug", lambda: [(r.slug,) for r in numbered()]), "slug of the rule", _column("rule")),
    Field("severity", Choice("severity", lambda: _SEVERITIES, first=1, order=True),
          "note < warning < error", _column("severity")),
    Field("confidence", Choice("confidence", lambda: _CONFIDENCES, first=1, order=True),
          "possible < certain", _column("confidence")),
    Field("culprit", Choice("culprit", lambda: [(c.value,) for c in CULPRITS]), "who broke the rule",
          _column("culprit")),
    Field("clause", Choice("clause", lambda: [(r.clause,) for r in numbered()]), "the specification's clause",
          _column("rule")),
)  # fmt: skip
"""Of a row with several findings, one that fits is enough; != holds where there are findings and none fits."""


def _between(rows: Rows, low: int, high: int) -> Rows:
    event = rows.session.findings.row
    mine = np.flatnonzero((event >= low) & (event <= high) & (event < rows.seq))
    return Rows(rows.session, mine, rows.seq)


def to_findings(event_rows: Callable[[Any], Sequence[Array]]) -> Lift:
    """From rows to the findings at their events; `event_rows` gives int32[n] each, -1 for none."""

    def limits(here: Rows) -> tuple[int, int]:
        known = [r for r in event_rows(here) if len(r)]
        return max(0, min((int(r.min()) for r in known), default=0)), max((int(r.max()) for r in known), default=-1)

    def rows(here: Rows) -> Rows:
        return _between(here, *limits(here))

    def back(here: Rows, there: Rows, mask: Array) -> Array:
        low, high = limits(here)
        table = marks(max(0, high - low + 1), here.session.findings.row[there.numbers[mask]] - low)
        found = np.zeros(len(here), bool)
        for events in event_rows(here):
            found |= table[np.where(events < 0, -1, events - low)]
        return found

    return Lift(rows, back)


def _about_rows(here: Rows) -> Rows:
    return _between(here, 0, here.seq)


def _about_back(here: Rows, there: Rows, mask: Array) -> Array:
    numbers = here.session.findings.object[there.numbers[mask]]
    return np.asarray(marks(len(here.session.objects), numbers)[here.numbers])


ABOUT_BUFFER = Lift(_about_rows, _about_back)
"""From buffers to the findings about them."""


def any_finding(lift: Lift) -> Callable[[Rows], Values]:
    """Getter of `finding`: whether there is any."""

    def get(here: Rows) -> Values:
        there = lift.rows(here)
        return Values(lift.back(here, there, np.ones(len(there), bool)))

    return get
