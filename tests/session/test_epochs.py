"""Set-ups that follow each other, devices beside each other: each has its own identifiers and its own history."""

from pathlib import Path

from tests.stories import Guest, Story, clean, codes, findings, read_back
from tests.stories.guest import RAM_SIZE
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.names import buffer_name


def lives(folder: Path, *stories: Story) -> Session:
    """Set-ups of one device, one after the other in time."""
    records = [record for story in stories for record in story.guest.records]
    return read_back(folder / "lives.pcapng", records, stories[0].guest.names)


def later(story: Story) -> Guest:
    """The same guest after its device was reset."""
    return Guest(bytearray(RAM_SIZE), story.guest.now)


def test_new_set_up_forgets_identifiers(tmp_path: Path) -> None:
    one = clean("spec", vmid=7)
    session = lives(tmp_path, one, clean("spec", vmid=8, guest=later(one)))
    assert not codes(session), findings(session)
    assert [q.epochs[-1].complete for q in session.queues.queues] == [True, True]
    assert [len(q.epochs) for q in session.queues.queues] == [2, 2]
    assert session.devices[0].identity.announced == 8


def test_names_go_on_counting_over_set_ups(tmp_path: Path) -> None:
    one = clean("spec")
    session = lives(tmp_path, one, clean("spec", guest=later(one)))
    names = [buffer_name(session, i) for i in range(len(session.objects))]
    assert names == [f"7:{n}" for n in range(1, 7)] + [f"7:{n}b" for n in range(1, 7)]
    assert not codes(session, Severity.NOTE), findings(session)


def test_chain_of_the_life_before_is_no_partner(tmp_path: Path) -> None:
    one = Story()
    one.ask()
    one.export(1, back=False)
    one.stop()
    session = lives(tmp_path, one, clean("spec", guest=later(one)))
    assert codes(session, Severity.WARNING) == {"VR171"}
    lost = int(session.chains.available[session.chains.used < 0].max())
    assert any(f.code == "VR171" and f.row == 18 for f in findings(session)) or lost


def test_stop_in_the_middle_ends_the_epoch_at_a_moment(tmp_path: Path) -> None:
    one = clean("spec")
    session = lives(tmp_path, one, clean("spec", guest=later(one)))
    queue, first = session.queues.queues[1], len(one.guest.records)
    assert queue.epoch_at(first) is queue.epochs[0]
    assert queue.epoch_at(session.seq) is queue.epochs[1]
    assert queue.epoch_at(0) is None


def test_gap_of_the_life_before_is_over(tmp_path: Path) -> None:
    one = Story()
    one.ask()
    for _ in range(40):
        one.send.offer(0)
        one.send.give_back(0)
    one.stop()
    two = Story(guest=later(one))
    two.ask()
    two.release(5)
    found = findings(lives(tmp_path, one, two))
    assert "VL502" in {f.code for f in found if f.row > len(one.guest.records)}


def test_letters_of_incarnations(tmp_path: Path) -> None:
    story = Story("rfc-v4")
    story.ask()
    for _ in range(29):
        story.export(1)
        story.release(1)
    session = story.session(tmp_path)
    names = [buffer_name(session, i) for i in range(len(session.objects))]
    assert names[:3] + names[25:] == ["7:1", "7:1b", "7:1c", "7:1z", "7:1aa", "7:1ab", "7:1ac"]


def test_devices_do_not_mix(tmp_path: Path) -> None:
    one = Story()
    two = Story("rfc-v4", guest=one.guest, device=1, vmid=9)
    for story in (one, two):
        story.ask()
    for counter in (1, 2):
        one.export(counter)
        two.export(counter)
    one.release(2)
    two.release(1)
    one.release(1)
    two.release(2)
    one.stop()
    session = one.session(tmp_path)
    assert not codes(session, Severity.WARNING), findings(session)
    assert [d.dialect.name for d in session.devices.values() if d.dialect] == ["spec", "rfc-v4"]
    assert {buffer_name(session, i) for i in range(4)} == {"7:1", "7:2", "9:1", "9:2"}
    assert [d.identity.announced for d in session.devices.values()] == [7, 9]


def test_shared_vmid_is_told_of_the_later_device(tmp_path: Path) -> None:
    one = Story()
    two = Story(guest=one.guest, device=1)
    one.ask()
    two.ask()
    session = one.session(tmp_path)
    (found,) = findings(session)
    assert found.code == "VI410"
    assert found.record is not None
    assert found.record.device == 1
    assert "device 0" in found.sentence
