"""What the rules found."""

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.finding import Confidence, Severity
from vdmabuf_inspect.rules.runner import CULPRITS
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.evidence import Evidence, evidence
from vdmabuf_inspect.views.names import buffer_name

_GLYPHS = {"error": "✖ error", "warning": "▲ warning", "note": "i note"}


class FindingsView(View):
    """Findings in event order. A selection holds places in that order."""

    name = "findings"
    columns = (
        Column("seq", "seq", 8, right=True),
        Column("time_ns", "time", 12, shown=False),
        Column("rule", "rule", 5),
        Column("slug", "name", 26),
        Column("severity", "severity", 9, text=lambda s: _GLYPHS[s]),
        Column("confidence", "sure", 8),
        Column("culprit", "culprit", 9),
        Column("queue", "queue", 14),
        Column("buffer", "buffer", 12),
        Column("clause", "clause", 12, shown=False),
        Column("message", "what", 60),
    )

    @property
    def evidence(self) -> Evidence:
        """The session's findings by event."""
        return evidence(self.session)

    def total(self) -> int:
        """Findings so far, or about events up to the moment."""
        if self.seq is None:
            return len(self.evidence.order)
        return place(self.evidence.rows, self.seq)

    def row_seq(self, index: int) -> int:
        """The sequence number of the event."""
        return int(self.evidence.rows[index]) + 1

    def make(self, index: int) -> Row:
        """One finding."""
        return self.told(int(self.evidence.order[index]))

    def told(self, number: int) -> Row:
        """The finding of this number, wherever it stands in event order."""
        session, log = self.session, self.session.findings
        rule = self.evidence.rule(number)
        row, qid = int(log.row[number]), int(log.qid[number])
        queues = session.queues.queues
        return {
            "seq": row + 1,
            "time_ns": int(session.events.time_ns[row]) if 0 <= row < len(session.events) else 0,
            "rule": rule.code,
            "slug": rule.slug,
            "severity": Severity(int(log.severity[number])).name.lower(),
            "confidence": Confidence(int(log.confidence[number])).name.lower(),
            "culprit": CULPRITS[int(log.culprit[number])].value,
            "queue": queues[qid].name if 0 <= qid < len(queues) else None,
            "buffer": buffer_name(session, int(log.object[number])) or None,
            "clause": rule.clause,
            "message": self.evidence.sentence(number),
        }
