"""The recordings in captures/ show what their pages say."""

from collections.abc import Iterator

import pytest

from captures.make import ALL, HERE, Plan, page, verdict
from captures.peers import PeerPlan
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import inspect


@pytest.fixture(autouse=True, scope="module")
def protocols() -> Iterator[None]:
    """Those that come with the program."""
    door = Door(user=False)
    assert not door.open()
    yield
    door.close()


@pytest.mark.parametrize("plan", ALL, ids=lambda plan: plan.name)
def test_a_recording_shows_what_its_page_says(plan: Plan | PeerPlan) -> None:
    session = inspect(str(HERE / f"{plan.name}.pcapng"))
    assert verdict(plan, session) == ""
    assert (HERE / f"{plan.name}.md").read_text() == page(plan, session)


def test_every_recording_has_a_plan() -> None:
    assert {path.stem for path in HERE.glob("*.pcapng")} == {plan.name for plan in ALL}
