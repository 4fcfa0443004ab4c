"""A story written to a capture and inspected; its findings as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.model.finding import Confidence, Culprit, Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.rules.registry import numbered
from vdmabuf_inspect.rules.runner import CULPRITS
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.views.evidence import evidence


@dataclass(frozen=True)
class Finding:
    """One finding, its event's record beside it."""

    code: str
    row: int
    record: Record | None
    severity: Severity
    confidence: Confidence
    culprit: Culprit
    count: int
    object: int
    sentence: str


def write_capture(path: Path, records: Iterable[Record], names: dict[tuple[int, int], str]) -> Path:
    with CaptureWriter(path) as writer:
        for (device, queue), name in names.items():
            writer.add_queue(device, queue, name)
        for record in records:
            writer.write(record)
    return path


def read_back(
    path: Path, records: Iterable[Record], names: dict[tuple[int, int], str], settings: Settings | None = None
) -> Session:
    """The records as a session, by way of a capture at `path`."""
    return inspect(str(write_capture(path, records, names)), settings=settings)


def findings(session: Session) -> list[Finding]:
    log, rules = session.findings, numbered()
    return [
        Finding(
            rules[int(log.rule[i])].code, int(log.row[i]),
            session.record(int(log.row[i])) if log.row[i] >= 0 else None,
            Severity(int(log.severity[i])), Confidence(int(log.confidence[i])), CULPRITS[int(log.culprit[i])],
            int(log.count[i]), int(log.object[i]), evidence(session).sentence(i),
        )
        for i in range(len(log))
    ]  # fmt: skip


def codes(session: Session, least: Severity = Severity.NOTE) -> set[str]:
    """Codes of the findings of at least this severity."""
    return {f.code for f in findings(session) if f.severity >= least}
