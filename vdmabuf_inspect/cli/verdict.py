"""What a session's findings come to: how many of which severity, and the exit code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.model.finding import Severity

if TYPE_CHECKING:
    from vdmabuf_inspect.session.session import Session

FAIL_ON: dict[str, Severity | None] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "note": Severity.NOTE,
    "never": None,
}
"""The least severity that fails a check, by `--fail-on`."""


@dataclass(frozen=True)
class Verdict:
    """Findings by severity, a standing one counted once however often it was repeated."""

    counts: dict[Severity, int]
    incomplete: bool

    @property
    def sentence(self) -> str:
        """`2 errors, 1 warning, 0 notes; evidence complete`."""
        words = [f"{n} {s.name.lower()}{'' if n == 1 else 's'}" for s, n in self.counts.items()]
        return f"{', '.join(words)}; evidence {'incomplete' if self.incomplete else 'complete'}"

    def exit(self, least: Severity | None) -> Exit:
        """The exit code: findings of at least this severity first, then incomplete evidence."""
        if least is not None and any(n for severity, n in self.counts.items() if severity >= least):
            return Exit.FINDINGS
        return Exit.INCOMPLETE if self.incomplete else Exit.CLEAN


def verdict(session: "Session") -> Verdict:
    """Count a session's findings."""
    import numpy as np

    counts = np.bincount(session.findings.severity, minlength=len(Severity) + 1)
    unseen = session.incomplete() or not session.seq
    return Verdict({s: int(counts[s]) for s in reversed(Severity)}, unseen)
