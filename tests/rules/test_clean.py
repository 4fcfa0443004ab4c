"""A conforming session of any dialect gives no finding that matters, however it is observed."""

from pathlib import Path

import pytest

from tests.stories import Story, clean, codes, findings
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.rules.runner import Runner, finding_log

EVERY = pytest.mark.parametrize("dialect", list(DIALECTS))


@EVERY
def test_clean_story(dialect: str, tmp_path: Path) -> None:
    session = clean(dialect).session(tmp_path)
    assert not codes(session, Severity.WARNING), findings(session)
    habits = set(DIALECTS[dialect].quirks) | {"VM320"}
    assert codes(session) <= habits


@EVERY
@pytest.mark.parametrize("features", [Feature.EVENT_IDX, Feature.INDIRECT_DESC], ids=lambda f: f.name)
def test_clean_story_with_features(dialect: str, features: Feature, tmp_path: Path) -> None:
    session = clean(dialect, features=int(Feature.VERSION_1 | features)).session(tmp_path)
    assert not codes(session, Severity.WARNING)


@EVERY
def test_many_times_round_the_ring(dialect: str, tmp_path: Path) -> None:
    story = Story(dialect, size=4)
    story.ask()
    for counter in range(1, 60):
        story.export(counter)
        story.release(counter)
    story.stop()
    session = story.session(tmp_path)
    assert not codes(session, Severity.WARNING), findings(session)
    assert len(session.objects) == 59


@EVERY
def test_habit_of_a_dialect_is_told_once_a_queue(dialect: str, tmp_path: Path) -> None:
    told = [(f.code, f.record.queue if f.record else -1) for f in findings(clean(dialect).session(tmp_path))]
    assert len(told) == len(set(told))


def test_rfc_v4_exports_again_by_habit(tmp_path: Path) -> None:
    story = Story("rfc-v4")
    story.ask()
    for _ in range(3):
        story.export(1)
        story.export(2)
        story.release(1)
        story.release(2)
    story.export(2)
    story.export(2)
    story.stop()
    found = findings(story.session(tmp_path))
    assert not [f for f in found if f.severity > Severity.NOTE]
    assert {f.code: f.count for f in found if f.code.startswith("VI")} == {"VI403": 1, "VI404": 5}


def test_only_selected_rules_run() -> None:
    runner = Runner(finding_log(), lambda qid: qid, enabled=frozenset({"VR118"}))
    from vdmabuf_inspect.rules.registry import On

    assert [r.code for r in runner.select(On.EVENTS)] == ["VR118"]
    assert not runner.select(On.CLOCK)
