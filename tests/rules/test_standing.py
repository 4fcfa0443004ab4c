"""A standing condition is told once, however often it is looked at."""

from pathlib import Path

from tests.stories import Story, findings


def test_wrong_indices_that_stay(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    story.send.set_used(story.send.used_idx + 1)
    for _ in range(50):
        story.look()
    session = story.session(tmp_path)
    assert sorted(f.code for f in findings(session)) == ["VR112", "VR114"]
    story.send.set_used(story.send.used_idx - 1)
    story.look()
    assert "VR113" in {f.code for f in findings(story.session(tmp_path))}


def test_a_chain_returned_twice_while_none_is_out(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    story.take_back(story.export(1))
    for counter in range(2, 9):
        story.export(counter)
        story.release(counter)
    story.release(1)
    story.release(8)
    assert [f.code for f in findings(story.session(tmp_path))] == ["VR112", "VR114", "VL503"]


def test_an_available_index_far_ahead_that_is_worked_off(tmp_path: Path) -> None:
    story = Story()
    story.send.set_avail(100)
    story.look()
    for turn in range(30):
        story.send.give_back(turn % story.send.layout.size)
        story.look()
    assert sorted(f.code for f in findings(story.session(tmp_path))) == ["VR111", "VX902"]


def test_wrong_flags_that_stay(tmp_path: Path) -> None:
    story = Story()
    story.send.set_flags(avail=6)
    for _ in range(50):
        story.look()
    assert [f.code for f in findings(story.session(tmp_path))] == ["VR116"]


def test_descriptor_that_stays_changed(tmp_path: Path) -> None:
    story = Story()
    story.ask()
    story.export(1, back=False)
    story.guest.write(story.slot(1, 1) + 100, b"other")
    for _ in range(50):
        story.look()
    assert [f.code for f in findings(story.session(tmp_path))] == ["VR150"]
