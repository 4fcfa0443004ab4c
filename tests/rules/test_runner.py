"""The runner on its own: standing conditions, counts, and what plugins leave behind."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.stories import Story, findings
from tests.stories.read_back import write_capture
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.finding import Confidence, Culprit, Severity
from vdmabuf_inspect.rules.registry import RULES
from vdmabuf_inspect.rules.runner import MOST_FAILURES
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.writer import Writer
from vdmabuf_inspect.track.events import Events


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


def test_a_rule_that_raises_is_told_and_switched_off(tmp_path: Path) -> None:
    asked = []

    def careless(events: Events) -> None:
        asked.append(len(events))
        raise ZeroDivisionError("no width")

    story = Story()
    story.ask()
    for counter in range(1, 9):
        story.export(counter, halves=(counter, 7))
    path = write_capture(tmp_path / "story.pcapng", story.guest.records, story.guest.names)
    session = Session("story")
    writer = Writer(session)
    writer._ring_rules.insert(0, replace(RULES["VR101"], code="XX001", check=careless))
    with CaptureFile(path) as capture:
        while batch := capture.read(1):
            writer.consume(batch)
            writer.flush()
    writer.finish()
    told = [f for f in findings(session) if f.code == "VX910"]
    assert len(asked) == MOST_FAILURES == len(told) < session.seq
    assert told[0].row == 0
    assert told[0].sentence.startswith("rule XX001 failed: ZeroDivisionError: no width (test_runner.py:")
    assert (told[0].severity, told[0].culprit) == (Severity.WARNING, Culprit.TOOL)
    assert told[0].confidence is Confidence.CERTAIN
    assert "VI402" in {f.code for f in findings(session)}  # the others go on


def test_a_clock_rule_that_raises_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "VR170", replace(RULES["VR170"], check=lambda clock: 1 // 0))
    story = Story()
    story.ask()
    assert "VX910" in {f.code for f in findings(story.session(tmp_path))}
