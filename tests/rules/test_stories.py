"""Every rule fires on a story made for it: at the right event, of the right culprit, and nothing else does."""

from pathlib import Path

import pytest

from tests.rules import (
    stories_chains,
    stories_messages,
    stories_notifications,
    stories_packed,
    stories_pages,
    stories_rings,
    stories_tool,
    stories_vdmabuf,
    stories_vhost_user,
)
from tests.rules.catalogue import CATALOGUE
from tests.rules.telling import TOLD, Told
from tests.stories import findings
from vdmabuf_inspect.rules.registry import RULES
from vdmabuf_inspect.session import catalogue

assert all(
    (
        catalogue,
        stories_chains,
        stories_messages,
        stories_notifications,
        stories_packed,
        stories_pages,
        stories_rings,
        stories_tool,
        stories_vdmabuf,
        stories_vhost_user,
    )
)
ELSEWHERE = {"VX904": "tests/session/test_damage.py", "VX910": "tests/rules/test_runner.py"}
"""Rules whose occasion is no ring: a damaged file, a plugin."""


@pytest.mark.parametrize("told", TOLD, ids=lambda t: t.name)
def test_rule_fires(told: Told, tmp_path: Path) -> None:
    broken = told.tell()
    found = findings(broken.story.session(tmp_path))
    assert {f.code for f in found} - told.also == {told.code}, found
    (mine,) = [f for f in found if f.code == told.code and broken.row in (f.row, None)]
    assert mine.severity == (broken.severity or CATALOGUE[told.code].severity)
    assert mine.culprit == (broken.culprit or CATALOGUE[told.code].culprit)
    assert mine.confidence is broken.confidence
    assert mine.sentence
    assert "{" not in mine.sentence


def test_every_rule_has_a_story() -> None:
    assert set(RULES) == {t.code for t in TOLD} | set(ELSEWHERE)
