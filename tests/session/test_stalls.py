"""What a queue waits for, as of any moment, and what the rings view says of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rules import stories_notifications as told
from tests.rules.telling import Broken
from tests.stories import Story, clean
from tests.stories.packed import PACKED, PackedStory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Culprit
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.stalls import stalls
from vdmabuf_inspect.track.stall import Wait
from vdmabuf_inspect.views.rings import RingsView
from vdmabuf_inspect.views.waiting import ring_line, suppression

MS = 1_000_000


@pytest.mark.parametrize(
    ("story", "wait", "mover"),
    [
        (told.kick_that_was_due_by_event_index, Wait.KICK, Culprit.DRIVER),
        (told.kick_that_was_due_by_flags, Wait.KICK, Culprit.DRIVER),
        (told.device_that_was_kicked_is_to_move, Wait.DEVICE, Culprit.DEVICE),
        (told.device_that_went_to_sleep_on_an_old_index, Wait.REARM, Culprit.DEVICE),
        (told.call_that_was_due, Wait.CALL, Culprit.DEVICE),
    ],
)
def test_each_wait_has_its_mover(story: Callable[[], Broken], wait: Wait, mover: Culprit, tmp_path: Path) -> None:
    broken = story()
    session = broken.story.session(tmp_path)
    (found,) = stalls(session)
    assert (found.row, found.wait, found.wait.mover, found.age_ns) == (broken.row, wait, mover, 1500 * MS)
    row = next(r for r in RingsView(session).rows(0, 9) if r["waiting"])
    assert row["waiting"]["seq"] == found.row + 1 and row["waiting"]["to_move"] == mover.value
    assert wait.value in ring_line(row)
    assert not stalls(session, found.row) and not stalls(session, now_ns=found.since_ns + 200 * MS)


def test_receive_buffers_that_all_came_back_wait_for_the_driver(tmp_path: Path) -> None:
    story = Story()
    for counter in range(1, 9):
        story.export(counter)
    for _ in range(8):
        story.recv.give_back(story._waiting.pop(0), 0)
        story.look()
    story.look(1000)
    story.export(9)
    (found,) = stalls(story.session(tmp_path))
    assert found.wait is Wait.BUFFERS and found.wait.mover is Culprit.DRIVER


def test_a_clean_session_and_an_idle_one_wait_for_nothing(tmp_path: Path) -> None:
    story = clean("spec")
    session = story.session(tmp_path)
    assert not any(stalls(session, seq, now_ns=int(session.events.time_ns[seq - 1])) for seq in range(1, session.seq))
    story = told.heard()
    story.export(1)
    story.release(1)
    told.rest(story)
    assert not stalls(story.session(tmp_path))


def test_what_was_asked_is_said_in_words_and_what_cannot_be_heard_too(tmp_path: Path) -> None:
    story = told.heard()
    told.kick_at(story.send, 4711)
    told.call_at(story.send, story.send.used_idx + 5)
    story.look()
    story.look(100)
    session = story.session(tmp_path)
    send = RingState(session, session.queues.rings[1], session.seq)
    assert suppression(send) == ["driver asked for no interrupt until 6", "device asked for no kick until 4711"]
    quiet = Story()
    quiet.send.set_flags(avail=1, used=1)
    quiet.look(100)
    session = quiet.session(tmp_path)
    said = suppression(RingState(session, session.queues.rings[1], session.seq))
    assert said[:2] == ["driver asked for no interrupts", "device asked for no kicks"]
    assert said[2:] == ["kicks not visible here", "calls not visible here"]


def test_the_counts_that_were_last_told_are_shown(tmp_path: Path) -> None:
    story = told.heard()
    told.rest(story)
    session = story.session(tmp_path)
    send = RingsView(session).row(1)
    names = ("polls", "torn", "ambiguous", "kicks", "calls", "heard")
    assert [send[name] for name in names] == [0, 2, 3, 4, 5, ["kicks", "calls"]]
    assert RingsView(session, session.seq - 1).row(1)["polls"] is None


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ((0, 0), Wait.KICK),
        ((0, 1), Wait.DEVICE),
        ((0x8002, 2), Wait.KICK),
        ((0x8003, 2), Wait.DEVICE),
        ((0x8001, 2), Wait.REARM),
    ],
)
def test_a_packed_ring_waits_by_its_event_suppression(asked: tuple[int, int], wait: Wait, tmp_path: Path) -> None:
    story = PackedStory(features=PACKED | int(Feature.EVENT_IDX))
    records = story.guest.records
    records[0] = replace(records[0], flags=records[0].flags | EventFlag.KICKS_HEARD)
    for buffer in (1, 2):
        story.offer(buffer)
        story.give_back(buffer)
    story.ring.events(device=asked)
    story.ring.offer([(0x8000, 64, 0)], 3)
    story.guest.look()
    story.guest.look(100)
    story.guest.records.append(Record(EventKind.CALL, story.guest.now + 400 * MS, queue=0, count=1))
    (found,) = stalls(story.session(tmp_path))
    assert (found.wait, found.head) == (wait, 3)
