"""The control plane as a view: who said what, what answers what, sessions; filtered, as of a moment, in detail."""

from pathlib import Path
from typing import Any

import pytest

from tests.stories import Story
from tests.stories.talk import Talk
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.vhost_user.payload import pack_u64
from vdmabuf_inspect.vhost_user.wire import Request
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.extract import extract
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.rings import RingsView


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two sessions of one device, messages of its guest in between."""
    story = Story()
    first = Talk(story)
    first.negotiate()
    story.ask()
    story.stop()
    first.leave()
    story.guest.watch(story.send.layout)
    second = Talk(story, 2)
    second.number_of(Request.GET_FEATURES, 0)
    second.leave(back_end=True)
    return story.session(tmp_path)


def rows(session: Session, expression: str) -> list[dict[str, Any]]:
    view = ControlView(session)
    chosen = compile_filter(expression, "control").select(session, view.total())
    return [dict(row) for row in ControlView(session, None, chosen).rows(0, len(chosen))]


def test_requests_and_answers_find_each_other(session: Session) -> None:
    asked, answered = rows(session, "request == GET_PROTOCOL_FEATURES")
    assert (asked["direction"], asked["reply"], asked["latency_ns"]) == ("to-back-end", False, None)
    assert (answered["direction"], answered["reply"], answered["latency_ns"]) == ("to-front-end", True, 1000)
    assert answered["answers_seq"] == asked["seq"] and asked["answers_seq"] is None
    assert answered["fields"]["protocol_features"] == ["REPLY_ACK", "CONFIGURE_MEM_SLOTS", "STATUS"]


def test_sessions_are_told_apart_and_their_ends_stand_in_the_log(session: Session) -> None:
    ends = rows(session, "request == CONNECTED or request == CLOSED")
    said = [(r["session"], r["request"], r["direction"]) for r in ends]
    assert said == [
        (1, "CONNECTED", "to-back-end"), (1, "CONNECTED", "to-front-end"),
        (1, "CLOSED", "to-back-end"), (1, "CLOSED", "to-front-end"),
        (2, "CONNECTED", "to-back-end"), (2, "CONNECTED", "to-front-end"),
        (2, "CLOSED", "to-front-end"), (2, "CLOSED", "to-back-end"),
    ]  # fmt: skip
    assert len(rows(session, "session == 2 and request == GET_FEATURES")) == 2


@pytest.mark.parametrize(
    ("expression", "requests"),
    [
        ("answered", {"GET_FEATURES", "GET_PROTOCOL_FEATURES"}),
        ("latency > 0 and direction == to-front-end", {"GET_FEATURES", "GET_PROTOCOL_FEATURES"}),
        ("request == 2", {"SET_FEATURES"}),
        ("SET_OWNER", {"SET_OWNER"}),
        ("size == 8 and not reply", {"SET_FEATURES", "SET_PROTOCOL_FEATURES"}),
        ("fds > 0", set()),
        ("queue == vhost-user and channel", set()),
    ],
)
def test_filters(session: Session, expression: str, requests: set[str]) -> None:
    assert {row["request"] for row in rows(session, expression)} == requests


def test_as_of_a_moment_there_is_only_what_was_said(session: Session) -> None:
    whole = ControlView(session)
    before = ControlView(session, whole.row(5)["seq"])
    assert len(before) == 6 and before.row(5) == whole.row(5)


def test_the_control_plane_is_no_ring(session: Session) -> None:
    rings = RingsView(session)
    assert [rings.row(i)["queue"] for i in range(len(rings))] == ["vdmabuf0/recv", "vdmabuf0/send"]
    assert [rings.row(i)["epoch"] for i in range(len(rings))] == [1, 2]
    assert RingsView(session, 3).row(1)["epoch"] == 1
    assert not session.incomplete()


def test_detail_of_a_request_and_of_a_boundary(session: Session) -> None:
    answered = rows(session, "request == GET_FEATURES and reply")[0]
    told = detail(session, answered["seq"])
    assert "GET_FEATURES answered by the back end on vdmabuf0/vhost-user" in told.title
    assert dict(told.facts)["answers"] == f"#{answered['answers_seq']} after 1.000 us"
    (features,) = told.fields
    assert (features.offset, features.size, features.value) == (0, 8, ["PROTOCOL_FEATURES", "VERSION_1"])
    assert told.data == pack_u64(1 << 30 | 1 << 32)
    closed = detail(session, rows(session, "request == CLOSED")[0]["seq"])
    assert closed.title.endswith("front end closed on vdmabuf0/vhost-user") and not closed.fields


def test_an_extract_keeps_the_control_plane(session: Session) -> None:
    import numpy as np

    kept = extract(session, np.arange(len(session.messages)))
    assert set(session.control.row.tolist()) <= set(kept.tolist())
