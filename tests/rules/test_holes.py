"""What was not seen is not held against anybody: torn bytes, missed entries, indices that lost the observer."""

from pathlib import Path

from tests.stories import Story, codes, findings
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build


def at_once(story: Story, *messages: bytes) -> None:
    """The device answers several times through one receive buffer, faster than anybody looks."""
    for data in messages:
        into = story._waiting.pop(0)
        story.guest.write(story.slot(0, into), data)
        story.recv.give_back(into, len(data))
        story.recv.offer(into)
        story._waiting.insert(0, into)
    story.look()


def lapped(story: Story) -> None:
    """The send queue goes round and round between two looks: every request comes back at once."""
    for _ in range(story.send.layout.size * 2):
        story.send.describe(15, story.slot(1, 15), 260)
        story.send.offer(15)
        story.send.give_back(15)


def test_release_read_too_late_is_no_second_release(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    for counter in (1, 2, 3):
        story.export(counter)
    at_once(story, story.named(Op.DMABUF_REL, 1), story.named(Op.DMABUF_REL, 2))
    story.release(3)
    story.stop()
    session = story.session(tmp_path)
    assert codes(session) == {"VX903"}, findings(session)


def test_answer_read_too_late_is_no_missing_one(tmp_path: Path) -> None:
    story = Story()
    story.request(build(story.dialect, Op.NEED_VMID, b""))
    story.export(1, halves=(7, 1))
    at_once(story, build(story.dialect, Op.NEED_VMID, b"\7\0\0\0"), story.named(Op.DMABUF_REL, 1))
    story.look(2000)
    story.post()
    session = story.session(tmp_path)
    assert not {"VM308", "VM307"} & codes(session), findings(session)


def test_answer_in_a_gap_is_no_missing_one(tmp_path: Path) -> None:
    story = Story()
    story.request(build(story.dialect, Op.NEED_VMID, b""))
    lapped(story)
    story.look()
    story.look(2000)
    story.export(1)
    session = story.session(tmp_path)
    assert codes(session, Severity.WARNING) == {"VX902"}, findings(session)


def test_chain_that_came_back_in_a_gap_is_not_stuck(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    head = story.export(1, back=False)
    story.send.give_back(head)
    lapped(story)
    story.look()
    story.look(2000)
    story.export(2)
    story.stop()
    session = story.session(tmp_path)
    assert not {"VR170", "VR171", "VR114"} & codes(session), findings(session)


def test_chain_made_available_after_a_gap_can_be_stuck(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    lapped(story)
    story.look()
    story.export(1, back=False)
    story.look(2000)
    story.post()
    assert "VR170" in codes(story.session(tmp_path))


def test_lost_index_is_told_once_and_blames_nobody_else(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    heads = [story.export(counter, back=False) for counter in (1, 2, 3)]
    story.send.set_avail(story.send.avail_idx + 100)
    story.look()
    story.send.set_avail(story.send.avail_idx - 100)
    story.look()
    for head in heads:
        story.take_back(head)
    story.stop()
    session = story.session(tmp_path)
    assert codes(session, Severity.WARNING) == {"VR110", "VR111", "VX902"}, findings(session)
