"""A recording that is cut or damaged is read up to there; what is left is judged, and the cut is told."""

from pathlib import Path

import pytest

from tests.stories import clean, codes, findings
from tests.stories.read_back import write_capture
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.finding import Confidence, Culprit, Severity
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    guest = clean("spec").guest
    return write_capture(tmp_path / "whole.pcapng", guest.records, guest.names)


def cut(whole: Path, size: int) -> Session:
    path = whole.with_name("cut.pcapng")
    path.write_bytes(whole.read_bytes()[:size])
    return inspect(str(path))


def test_cut_capture_keeps_what_is_there(whole: Path) -> None:
    everything = inspect(str(whole))
    data = whole.stat().st_size
    for size in range(data - 1, data // 2, -193):
        session = cut(whole, size)
        assert 0 < session.seq <= everything.seq
        rows = range(session.seq)
        assert [session.record(r) for r in rows] == [everything.record(r) for r in rows]
        if session.seq < everything.seq:  # the next record really was not whole
            assert int(everything.events.offset[session.seq]) + everything.record_size(session.seq) + 3 + 16 > size


def test_cut_is_told_once_at_the_last_event(whole: Path) -> None:
    session = cut(whole, whole.stat().st_size - 20)
    (found,) = [f for f in findings(session) if f.code == "VX904"]
    assert (found.severity, found.confidence, found.culprit) == (Severity.WARNING, Confidence.CERTAIN, Culprit.TOOL)
    assert found.row == session.seq - 1
    assert f"{session.seq} events were kept" in found.sentence
    assert session.incomplete()
    assert session.finished


def test_cut_between_blocks_is_no_damage(whole: Path) -> None:
    everything = inspect(str(whole))
    start = int(everything.events.offset[everything.seq - 1]) - 28
    session = cut(whole, start)
    assert session.seq == everything.seq - 1
    assert not codes(session, Severity.WARNING)


def test_damage_in_the_middle(whole: Path) -> None:
    everything = inspect(str(whole))
    data = bytearray(whole.read_bytes())
    at = int(everything.events.offset[20]) - 28
    data[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    whole.with_name("hit.pcapng").write_bytes(data)
    session = inspect(str(whole.with_name("hit.pcapng")))
    assert session.seq == 20
    assert "VX904" in codes(session)


def test_nothing_left(whole: Path) -> None:
    for size in (0, 3, 11):
        with pytest.raises(SourceError):
            cut(whole, size)


def test_a_part_that_begins_in_the_middle_says_which_set_ups_it_lacks(tmp_path: Path) -> None:
    guest = clean("spec").guest
    session = inspect(str(write_capture(tmp_path / "part.pcapng", guest.records[20:60], guest.names)))
    (found,) = findings(session)
    assert (found.code, found.row, found.culprit) == ("VX904", 0, Culprit.TOOL)
    assert found.sentence.endswith(
        "begins in the middle of a recording: it lacks the set-up of vdmabuf0/send, vdmabuf0/recv"
    )
    assert session.incomplete()
