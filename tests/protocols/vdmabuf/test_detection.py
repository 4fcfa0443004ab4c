"""Which dialect is spoken: found from clean traffic, early or late, with reasons; said to be open where it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.rules.test_history import late
from tests.stories import Story, clean, codes, findings, read_back
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.protocols.vdmabuf.detection import Verdict
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build
from vdmabuf_inspect.session.session import Session, Settings

EVERY = pytest.mark.parametrize("dialect", list(DIALECTS))
SAME_MESSAGES = {"rfc-v3", "rfc-v4"}
"""Only their device ID and their habits tell these apart."""


def verdict_of(session: Session) -> Verdict:
    verdict = session.devices[0].verdict
    assert verdict is not None
    return verdict


def anonymous(records: list[Record]) -> list[Record]:
    """As if nobody knew the device ID."""
    return [
        replace(r, readable_bytes=bytes(4) + r.readable_bytes[4:]) if r.kind is EventKind.START else r for r in records
    ]


@EVERY
def test_clean_traffic(dialect: str, tmp_path: Path) -> None:
    verdict = verdict_of(clean(dialect).session(tmp_path))
    assert verdict.dialect is DIALECTS[dialect]
    assert not verdict.ambiguous
    assert f"messages have {DIALECTS[dialect].size} bytes" in verdict.reasons[0]


@EVERY
def test_clean_traffic_of_an_unknown_device(dialect: str, tmp_path: Path) -> None:
    guest = clean(dialect).guest
    session = read_back(tmp_path / "story.pcapng", anonymous(guest.records), guest.names)
    found = verdict_of(session).dialect.name
    assert found == dialect or {found, dialect} == SAME_MESSAGES
    assert not verdict_of(session).ambiguous


@EVERY
def test_late_attach(dialect: str, tmp_path: Path) -> None:
    """The question for the VM ID and the first exports were not seen."""
    guest = clean(dialect).guest
    starts = [r for r in guest.records if r.kind is EventKind.START]
    later = [r for r in guest.records if r.kind is not EventKind.START][len(guest.records) // 2 :]
    session = read_back(tmp_path / "story.pcapng", late([*starts, *later]), guest.names)
    found = verdict_of(session).dialect.name
    assert found == dialect or (dialect == "intel" and found in SAME_MESSAGES)  # exports and releases are the same
    assert not verdict_of(session).ambiguous
    assert not codes(session, Severity.ERROR), findings(session)


@EVERY
def test_forced_dialect_is_not_judged(dialect: str, tmp_path: Path) -> None:
    session = clean("rfc-v4").session(tmp_path, Settings(dialect=dialect))
    assert session.devices[0].dialect is DIALECTS[dialect]
    assert session.devices[0].verdict is None
    assert "VX901" not in codes(session)


def test_number_that_means_two_things_is_said_to_be_open(tmp_path: Path) -> None:
    """0x11 with a body that is an ID and zeros: a release in the RFC, and it may be anything at MediaTek."""
    story = Story("rfc-v4", device_id=37)
    story.post(2)
    story.answer(bytes(280))
    story.answer(bytes(280))
    session = story.session(tmp_path)
    verdict = verdict_of(session)
    assert verdict.ambiguous == ("VX901" in codes(session))


def test_later_traffic_decides_what_was_open(tmp_path: Path) -> None:
    story = Story("mtk")
    story.request(bytes(100))
    story.ask()
    for counter in range(1, 9):
        story.export(counter)
        story.release(counter)
    assert verdict_of(story.session(tmp_path)).dialect is DIALECTS["mtk"]


def test_traffic_of_another_device_is_left_alone(tmp_path: Path) -> None:
    """A device that says it is a block device is not read as vdmabuf."""
    guest = clean("spec", device_id=2).guest
    session = read_back(tmp_path / "story.pcapng", guest.records, guest.names)
    assert not session.vdmabuf
    assert not len(session.objects)
    assert {command_name(op) for op in session.messages.op.tolist()} == {"DATA"}


@pytest.mark.parametrize(("dialect", "swapped"), [(d, s) for d in DIALECTS for s in (False, True)])
def test_announced_vmid_decides_which_half_is_whose(dialect: str, swapped: bool, tmp_path: Path) -> None:
    story = Story(dialect)
    if not story.dialect.asks_vmid:
        pytest.skip("its VM ID is in configuration space")
    story.ask()
    first = story.dialect.vm_half_first is not swapped
    story.export(42, halves=(7, 42) if first else (42, 7))
    session = story.session(tmp_path)
    from vdmabuf_inspect.views.names import buffer_name

    assert buffer_name(session, 0) == "7:42"
    assert ("VI402" in codes(session)) is swapped


def test_half_that_fits_both_ways_is_the_dialects(tmp_path: Path) -> None:
    for dialect in ("spec", "rfc-v3"):
        story = Story(dialect)
        story.ask()
        story.export(7)
        story.export(9, halves=(1, 2))
        session = story.session(tmp_path)
        flavour = session.objects.flavour.tolist()
        assert flavour == [DIALECTS[dialect].vm_half_first] * 2
        assert "VI402" not in codes(session)


def test_unexport_takes_a_buffer_back(tmp_path: Path) -> None:
    story = Story("intel")
    story.export(1)
    story.unexport(1)
    row = len(story.guest.records)
    story.release(1)
    session = story.session(tmp_path)
    from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE
    from vdmabuf_inspect.session.moment import Moment

    assert LIFECYCLE.states[Moment(session, row).states[0]] == "withdrawn"
    assert LIFECYCLE.states[Moment(session).states[0]] == "released"
    assert not codes(session, Severity.WARNING)
    assert session.messages.op.tolist() == [Op.EXPORT, Op.UNEXPORT, Op.DMABUF_REL]


def test_question_is_known_by_its_answer_in_place(tmp_path: Path) -> None:
    story = Story("rfc-v1")
    story.ask()
    story.export(1)
    story.release(1)
    session = story.session(tmp_path)
    assert session.devices[0].identity.announced == 7
    assert build(story.dialect, Op.NEED_VMID, b"")[8:12] == bytes(4)
    assert not codes(session, Severity.WARNING)
