"""The runner on its own: standing conditions, counts, and what plugins leave behind."""

from pathlib import Path

from tests.stories import Story, findings
from tests.stories.read_back import write_capture
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.finding import Confidence, Culprit, Severity
from vdmabuf_inspect.rules.registry import Standing
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.writer import Writer


def test_condition_that_stands_is_told_once_with_its_count(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    for counter in range(1, 6):
        story.export(counter, halves=(counter, 7))
    (found,) = findings(story.session(tmp_path))
    assert (found.code, found.count) == ("VI402", 5)
    assert found.sentence.endswith("(5 times)")


def test_condition_counts_on_over_batches(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    for counter in range(1, 6):
        story.export(counter, halves=(counter, 7))
    path = write_capture(tmp_path / "story.pcapng", story.guest.records, story.guest.names)
    session = Session("story")
    writer = Writer(session)
    with CaptureFile(path) as capture:
        while batch := capture.read(3):
            writer.consume(batch)
    writer.finish()
    (found,) = findings(session)
    assert (found.code, found.count) == ("VI402", 5)
    assert int(session.findings.last[0]) == int(session.messages.row[-1])


def test_plugin_that_failed(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    path = write_capture(tmp_path / "story.pcapng", story.guest.records, story.guest.names)
    session = Session("story")
    writer = Writer(session)
    with CaptureFile(path) as capture:
        batch = capture.read()
        assert batch is not None
        writer.consume(batch)
    note = session.tool.note("sample.py: ZeroDivisionError in line 3")
    session.tool.failed.append(Standing(4, 0, a=note))
    writer.finish()
    (found,) = findings(session)
    assert (found.code, found.row, found.sentence) == ("VX910", 4, "sample.py: ZeroDivisionError in line 3")
    assert (found.severity, found.culprit) == (Severity.WARNING, Culprit.TOOL)
    assert found.confidence is Confidence.CERTAIN
