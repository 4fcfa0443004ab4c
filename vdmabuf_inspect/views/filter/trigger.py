"""A filter that waits: asked of what is new in a session that grows, in whichever tables know its fields."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.expression import Filter, compile_filter
from vdmabuf_inspect.views.filter.rows import Rows
from vdmabuf_inspect.views.filter.tables import TABLES

HAPPENING, STANDING = ("messages", "chains", "findings"), ("buffers", "rings")
"""Tables whose rows happen, and those whose rows are the state of things: asked when no other knows the fields."""
_NAMED = re.compile(rf"\s*({'|'.join(TABLES)})\s*:\s+")


@dataclass(frozen=True)
class Hit:
    """The first match. `row` is the event of what matched, which may be older than its discovery (a stuck chain)."""

    row: int
    table: str


class Trigger:
    """Waits for the first row that a filter expression matches.

    `TABLE: EXPR` asks one table only; else all of messages, chains and findings that know the fields are asked.
    A message or chain is asked when it comes, when it comes back, and when a rule fires at it.
    """

    def __init__(self, text: str) -> None:
        """Raises FilterError."""
        self._filters = _compile(text)
        self._events = self._messages = self._findings = 0

    def poll(self, session: Session) -> Hit | None:
        """Ask what is new; to be called where nothing is added to the session meanwhile."""
        fresh = _Fresh(session, self._events, self._messages, self._findings)
        self._events, self._messages = len(session.events), len(session.messages)
        self._findings = len(session.findings)
        found = [hit for each in self._filters if (hit := _first(each, session, fresh)) is not None]
        return min(found, key=lambda hit: hit.row, default=None)


@dataclass(frozen=True)
class _Fresh:
    """Where each log stood when it was asked last."""

    session: Session
    events: int
    messages: int
    findings: int

    def judged(self) -> Array:
        """int64[k]: event rows at which rules fired."""
        rows = self.session.findings.row[self.findings :]
        return distinct(rows[(rows >= 0) & (rows < len(self.session.events))])

    def in_messages(self) -> tuple[Array, Array]:
        """Message rows to ask, ascending, and their events."""
        log, judged = self.session.messages.row, self.judged()
        place = np.searchsorted(log, judged)
        place = place[(place < self.messages) & (log.take(place, mode="clip") == judged)] if len(log) else place[:0]
        rows = np.concatenate([place, np.arange(self.messages, len(log))]).astype(np.int64)
        return rows, log[rows]

    def in_chains(self) -> tuple[Array, Array]:
        """Chain rows to ask, ascending, and their latest events."""
        of_event, chains = self.session.events.chain, self.session.chains
        rows = distinct(np.concatenate([of_event[self.events :], of_event[self.judged()]]))
        rows = rows[rows >= 0].astype(np.int64)
        return rows, np.maximum(chains.available[rows], chains.used[rows])

    def in_findings(self) -> tuple[Array, Array]:
        """Findings to ask, as they stand in their log, and their events."""
        rows = np.arange(self.findings, len(self.session.findings))
        return rows, self.session.findings.row[rows]

    def standing(self, total: int) -> tuple[Array, Array]:
        """All rows, and the latest event."""
        return np.arange(total), np.full(total, len(self.session.events) - 1)


_ROWS: dict[str, Callable[[_Fresh], tuple[Array, Array]]] = {
    "messages": _Fresh.in_messages,
    "chains": _Fresh.in_chains,
    "findings": _Fresh.in_findings,
    "buffers": lambda fresh: fresh.standing(len(fresh.session.objects)),
    "rings": lambda fresh: fresh.standing(len(fresh.session.queues.rings)),
}


def _first(asked: Filter, session: Session, fresh: _Fresh) -> Hit | None:
    name = asked.table.name
    rows, events = _ROWS[name](fresh)
    if not len(rows):
        return None
    if name == "findings":  # in the order of their log; the table's own places are in event order
        subject = Rows(session, rows, session.seq)
    else:
        subject = asked.table.rows(session, 0, int(rows[-1]) + 1, session.seq).take(rows)
    matched = events[asked.test.mask(subject)]
    return Hit(max(int(matched.min()), 0), name) if len(matched) else None


def _compile(text: str) -> list[Filter]:
    """The filter for every table that it is asked of. Raises the error of the table that read furthest."""
    named = _NAMED.match(text)
    if named:
        return [_shifted(text, named.end(), named[1])]
    errors: list[FilterError] = []
    for group in (HAPPENING, STANDING):
        found = []
        for name in group:
            try:
                found.append(compile_filter(text, name))
            except FilterError as error:
                errors.append(error)
        if found:
            return found
    raise max(errors, key=lambda error: error.column)


def _shifted(text: str, at: int, table: str) -> Filter:
    """What follows the table's name; an error's column counts from the beginning of all."""
    try:
        return compile_filter(text[at:], table)
    except FilterError as error:
        raise FilterError(error.message, text, error.column + at) from None
