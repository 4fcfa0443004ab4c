"""What the report formats are made of: a source with its session, or with the reason why it could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.rules.registry import RULES, Rule, numbered
from vdmabuf_inspect.session import catalogue
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.findings import FindingsView

assert catalogue


@dataclass(frozen=True)
class Judged:
    """One source. `session` is None when it could not be read; `error` then says why, in one line.

    `path`: the capture file that byte offsets count in, None for other sources.
    """

    name: str
    session: Session | None = None
    error: str = ""
    path: str | None = None

    @property
    def incomplete(self) -> bool:
        """Whether some of the traffic was not seen."""
        return self.session is not None and (self.session.incomplete() or not self.session.seq)


@dataclass(frozen=True)
class Told:
    """One finding: its place in the finding log, its rule's place among all, and its row of the findings view."""

    number: int
    rule: int
    row: dict[str, Any]


def told(session: Session) -> Iterator[Told]:
    """All findings in event order."""
    view = FindingsView(session)
    order = view.evidence.order
    for number, row in zip(order.tolist(), view.rows(0, len(view)), strict=False):
        yield Told(number, int(session.findings.rule[number]), dict(row))


def rules_run(session: Session) -> list[tuple[int, Rule]]:
    """The rules that were asked, with their places among all."""
    chosen = session.settings.rules
    return [(i, rule) for i, rule in in_force() if chosen is None or rule.code in chosen]


def in_force() -> list[tuple[int, Rule]]:
    """The rules that there are, with their numbers; those of a plugin that was taken out are no more."""
    return [(number, rule) for number, rule in enumerate(numbered()) if rule.code in RULES]
