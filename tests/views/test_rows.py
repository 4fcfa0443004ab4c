"""Rows made many at a time are the rows made one by one."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.recordings import PICTURE, faulty, late
from tests.stories.story import Story, clean
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import View
from vdmabuf_inspect.views.chains import ChainsView
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.messages import MessagesView


def same(view: View) -> None:
    expected = [view.row(i) for i in range(len(view))]
    assert list(view.rows(0, len(view))) == expected
    middle = len(view) // 2
    assert [*view.rows(0, middle), *view.rows(middle, len(view) + 5)] == expected


def every_view(session: Session) -> None:
    for kind in (MessagesView, ChainsView):
        for seq in (None, 0, session.seq // 2, session.seq):
            same(kind(session, seq))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    every_view(clean(dialect).session(tmp_path))


def test_with_faults_and_from_the_middle(tmp_path: Path) -> None:
    every_view(faulty().session(tmp_path))
    every_view(late().session(tmp_path))


def test_of_a_selection(tmp_path: Path) -> None:
    session = faulty().session(tmp_path)
    chosen = compile_filter("cmd == EXPORT", "messages").select(session, len(session.messages))
    view = MessagesView(session, None, chosen)
    same(view)
    assert {row["command"] for row in view.rows(0, len(view))} == {"EXPORT"}


MESSAGES = st.binary(max_size=300) | st.builds(
    lambda number, body: number.to_bytes(4, "little") + body + PICTURE,
    st.integers(0, 0x12),
    st.binary(min_size=40, max_size=256),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(st.tuples(MESSAGES, st.booleans(), st.integers(0, 300)), max_size=6))
def test_of_any_bytes(tmp_path: Path, messages: list[tuple[bytes, bool, int]]) -> None:
    story = Story("spec")
    story.ask()
    for data, up, length in messages:
        if up or not story._waiting:
            story.request(data[:300])
        else:
            story.answer(data[:260], length=length)
    story.stop()
    every_view(story.session(tmp_path))
