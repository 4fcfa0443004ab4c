"""Live is a log that still grows: batches of any size leave the same logs and findings as the file read at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.stories import Story, findings
from tests.stories.chance import wander
from tests.stories.read_back import write_capture
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.columns import Log
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.rules.registry import On, numbered
from vdmabuf_inspect.session import reading
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.session.writer import Writer

LOGS = ("events", "chains", "messages", "objects", "transitions")
FINDING = ("rule", "row", "qid", "object", "severity", "confidence", "culprit", "a", "b", "count", "last")


def in_batches(path: Path, sizes: list[int], dialect: str) -> Session:
    session = Session("live", Settings(dialect=dialect))
    writer = Writer(session)
    with CaptureFile(path) as capture:
        turn = 0
        while (batch := capture.read(sizes[turn % len(sizes)])) is not None:
            writer.consume(batch)
            turn += 1
    writer.finish()
    return session


def table(log: Log) -> dict[str, list[int]]:
    return {name: getattr(log, name).tolist() for name in log.names}


def judged(session: Session, *, clock: bool) -> list[tuple[int, ...]]:
    """Findings as values; of what the clock says only rule, event and object, for the age is that of the moment."""
    rules = numbered()
    rows = list(zip(*(getattr(session.findings, name).tolist() for name in FINDING), strict=True))
    if clock:
        return sorted((r[0], r[1], r[3]) for r in rows if rules[r[0]].code in ("VR170", "VM308", "VL505"))
    return sorted(r for r in rows if rules[r[0]].on in (On.EVENTS, On.MESSAGES))


@pytest.mark.parametrize("dialect", list(DIALECTS))
@settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_live_is_replay(dialect: str, tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int]) -> None:
    guest = wander(seed, dialect, 40)
    path = write_capture(tmp_path_factory.mktemp("batches") / "story.pcapng", guest.records, guest.names)
    whole = inspect(str(path), settings=Settings(dialect=dialect))
    parts = in_batches(path, sizes, dialect)
    for name in LOGS:
        assert table(getattr(parts, name)) == table(getattr(whole, name)), name
    assert judged(parts, clock=False) == judged(whole, clock=False)
    assert judged(parts, clock=True) == judged(whole, clock=True)
    assert {n: d.identity for n, d in parts.devices.items()} == {n: d.identity for n, d in whole.devices.items()}


def test_dialect_is_found_in_any_batches(tmp_path: Path) -> None:
    for dialect in DIALECTS:
        guest = wander(5, dialect, 30)
        path = write_capture(tmp_path / f"{dialect}.pcapng", guest.records, guest.names)
        session = Session("live")
        writer = Writer(session)
        with CaptureFile(path) as capture:
            while batch := capture.read(7):
                writer.consume(batch)
        writer.finish()
        assert session.devices[0].dialect is DIALECTS[dialect]


def test_logs_are_in_event_order(tmp_path: Path) -> None:
    guest = wander(3)
    session = inspect(str(write_capture(tmp_path / "story.pcapng", guest.records, guest.names)))
    assert (np.diff(session.messages.row) > 0).all()
    assert (np.diff(session.transitions.row) >= 0).all()
    assert session.seq == len(guest.records)
    assert [session.record(i) for i in range(session.seq)] == guest.records


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_look_in_pieces_and_buffers_posted_before_the_first_message(tmp_path: Path, size: int) -> None:
    """However few records are read at once, a look is judged whole and what was posted before is counted."""
    story = Story("spec")
    story.post(4)
    story.look()
    path = write_capture(tmp_path / "story.pcapng", _asked_and_exported_in_one_look(story), story.guest.names)
    whole = [f.code for f in findings(inspect(str(path)))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_FIRST_BATCH", size)
        patch.setattr(reading, "_BATCH", size)
        assert [f.code for f in findings(inspect(str(path)))] == whole
    assert "VL501" not in whole and "VL507" not in whole


def _asked_and_exported_in_one_look(story: Story) -> list[Record]:
    """Records of a look in which the VM ID was asked for and told, and a buffer exported."""
    story.ask()
    story.export(1)
    last = max(record.time_ns for record in story.guest.records)
    begin = next(r.time_ns for r in story.guest.records if r.kind is EventKind.AVAILABLE and r.readable)
    return [replace(r, time_ns=last) if r.time_ns >= begin else r for r in story.guest.records]
