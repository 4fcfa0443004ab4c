"""A guest that was paused has done nothing wrong meanwhile: what follows is judged as if there had been no pause."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.stories import Story, clean, codes
from tests.stories.read_back import read_back, write_capture
from vdmabuf_inspect.model.event import EventFlag, EventKind, flag_names
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.stalls import stalls
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.excerpt import excerpt, look_begin

PAUSE_NS = 60_000_000_000
"""Far longer than anything may wait."""
PAUSED, START, STOP = EventFlag.PAUSED, EventKind.START, EventKind.STOP


def with_pause(records: list[Record], at: int) -> list[Record]:
    """All queues stop before the look of record `at` and go on long after that."""
    while records[at].time_ns == records[at - 1].time_ns:
        at += 1
    before, now = records[:at], records[at - 1].time_ns
    starts = [r for r in before if r.kind is START]
    stops = [Record(STOP, now, r.device, r.queue, PAUSED) for r in starts]
    resumed = [replace(r, time_ns=now + PAUSE_NS, flags=PAUSED) for r in starts]
    return [*before, *stops, *resumed, *(replace(r, time_ns=r.time_ns + PAUSE_NS) for r in records[at:])]


def buffers(session: Session) -> list[tuple[object, ...]]:
    view = BuffersView(session)
    return [(r["buffer"], r["state"], r["exports"], r["presumed"]) for r in view.rows(0, len(view))]


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("dialect", ["spec", "rfc-v4", "rfc-v1"])
def test_a_pause_changes_nothing(dialect: str, part: float, tmp_path: Path) -> None:
    story = clean(dialect)
    records = story.guest.records
    whole = read_back(tmp_path / "whole.pcapng", records, story.guest.names)
    session = read_back(
        tmp_path / "paused.pcapng", with_pause(records, int(part * len(records))), story.guest.names
    )  # fmt: skip
    assert codes(session) == codes(whole) and buffers(session) == buffers(whole)
    for queue in session.queues.rings:
        assert len(queue.epochs) == 1 and queue.complete
        stopped = RingState(session, queue, queue.resumes[0])
        assert stopped.stopped and not RingState(session, queue, session.seq - 2).missed
        assert stopped.in_flight == RingState(session, queue, queue.stops[0]).in_flight
    assert stalls(session, session.queues.rings[0].resumes[0]) == []


def test_a_file_may_begin_in_a_pause(tmp_path: Path) -> None:
    story = clean("spec")
    records = with_pause(story.guest.records, len(story.guest.records) // 2)
    whole = read_back(tmp_path / "whole.pcapng", records, story.guest.names)
    queue = whole.queues.rings[1]
    for row in (queue.stops[0], queue.resumes[0], queue.resumes[0] + 8):
        cut = list(excerpt(whole, look_begin(whole, row), {}))
        late = inspect(str(write_capture(tmp_path / "late.pcapng", cut, story.guest.names)))
        assert [len(q.epochs) for q in late.queues.rings] == [1, 1]
        assert codes(late) <= {"VX902", "VL505", *codes(whole)}, row


def test_a_pause_whose_beginning_is_lost_begins_late(tmp_path: Path) -> None:
    story = clean("spec")
    records = with_pause(story.guest.records, len(story.guest.records) // 2)
    first = next(i for i, r in enumerate(records) if r.kind is START and r.flags & PAUSED)
    session = read_back(tmp_path / "rest.pcapng", records[first:], story.guest.names)
    assert [len(q.epochs) for q in session.queues.rings] == [1, 1] and "VX902" in codes(session)


@pytest.mark.parametrize("ended", [False, True])
def test_what_is_out_in_a_pause_is_lost_only_with_its_session(ended: bool, tmp_path: Path) -> None:
    story = Story()
    story.ask()
    story.export(1, back=False)
    records = list(story.guest.records)
    now = records[-1].time_ns
    records += [Record(STOP, now, 0, queue, PAUSED) for queue in (0, 1)]
    over = EventFlag.BOUNDARY | EventFlag.CLOSED
    records += [Record(EventKind.CONTROL, now + PAUSE_NS, 0, CONTROL_QUEUE, over, count=1)] if ended else []
    session = read_back(tmp_path / "end.pcapng", records, story.guest.names)
    assert ({"VR171", "VL505"} <= codes(session)) is ended
    assert "VR170" not in codes(session)


def test_a_flag_is_called_by_what_it_means() -> None:
    assert flag_names(STOP, PAUSED) == flag_names(START, PAUSED) == ["paused"]
    assert flag_names(EventKind.LOOK, EventFlag.LATE | EventFlag.STALE) == ["stale", "late"]
