"""The recording as a line, buffers as lanes, steps as a ladder: what stands where, and that nothing is lost."""

from pathlib import Path

import numpy as np
import pytest

from tests.stories import Story
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.ladder import RUNG, LadderView, rung
from vdmabuf_inspect.views.lanes import ENDED, LIVE, NONE, edges, lane
from vdmabuf_inspect.views.overview import overview


@pytest.fixture
def session(tmp_path: Path) -> Session:
    story = Story("spec")
    story.ask()
    story.export(1)
    story.look(40)
    story.release(1)
    story.look(40)
    story.export(2, key=(0, 0))
    story.stop()
    return story.session(tmp_path)


def test_overview_counts_every_event(session: Session) -> None:
    for width in (1, 7, 80, 500):
        seen = overview(session, width)
        assert seen is not None
        assert seen.density.sum() == session.seq
        assert len(seen.bars()) == width
        told = {int(r) for r in session.findings.row if r >= 0}
        assert (seen.severity >= 0).sum() <= len(told) and (seen.severity >= 0).any()
    assert not seen.gaps.any()


def test_a_cell_and_its_event_find_each_other(session: Session) -> None:
    seen = overview(session, 60)
    assert seen is not None
    for cell in np.flatnonzero(seen.density).tolist():
        seq = seen.seq(session, cell)
        assert seen.cell(int(session.events.time_ns[seq - 1])) == cell


def test_nothing_to_see(tmp_path: Path) -> None:
    assert overview(Session("empty"), 80) is None
    assert overview(Story("spec").session(tmp_path), 0) is None


def test_lane_of_a_buffer(session: Session) -> None:
    first, last = int(session.events.time_ns[0]), int(session.events.time_ns[-1])
    times = edges(first, last + 1, 40)
    whole = lane(session, 0, times, session.seq)
    assert len(whole) == 40
    body = whole.strip(NONE)
    assert body.startswith(LIVE) and body.endswith(ENDED)
    assert body.count(LIVE) > 10 and body.count(ENDED) > 10
    released = int(session.transitions.row[session.transitions.object == 0][-1])
    early = lane(session, 0, times, released)
    assert early.rstrip(NONE) == whole[: len(early.rstrip(NONE))], "the past does not change"
    assert ENDED not in early
    assert lane(session, 1, times, 1) == NONE * 40


def test_ladder_tells_every_message_and_every_return(session: Session) -> None:
    view = LadderView(session)
    rows = list(view.rows(0, len(view)))
    assert {int(r) + 1 for r in session.messages.row} <= {r["seq"] for r in rows}
    assert [r["seq"] for r in rows] == sorted({r["seq"] for r in rows})
    told = [(r["what"], r["direction"]) for r in rows if r["kind"] == "message"]
    assert told == [
        ("NEED_VMID", "to-device"), ("NEED_VMID", "to-driver"), ("EXPORT 7:1", "to-device"),
        ("DMABUF_REL 7:1", "to-driver"), ("EXPORT 7:2", "to-device"),
    ]  # fmt: skip
    release = next(r for r in rows if r["what"] == "DMABUF_REL 7:1")
    export = next(r for r in rows if r["what"] == "EXPORT 7:1")
    assert release["joined"].startswith(f"of #{export['seq']}, after ")
    assert len(LadderView(session, seq=10)) == sum(r["seq"] <= 10 for r in rows)


@pytest.mark.parametrize("width", [12, RUNG, 90])
@pytest.mark.parametrize("direction", ["to-device", "to-driver", None])
def test_a_rung_is_as_wide_as_asked(width: int, direction: str | None) -> None:
    for label in ("", "EXPORT 7:4", "x" * 200):
        kind = "gap" if direction is None else "message"
        assert len(rung(kind, direction, label, width)) == width
