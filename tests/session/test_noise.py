"""Whatever the records of a well-formed recording hold, nothing raises: logs, findings, details, every view's rows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stories import clean
from tests.stories.chance import wander
from tests.stories.read_back import write_capture
from vdmabuf_inspect.capture.compose import interface_block, section_block
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import MAGIC, VERSION, Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.views.base import View
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.chains import ChainsView
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.life import life
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.rings import RingsView
from vdmabuf_inspect.views.stats import StatsView

VIEWS: tuple[type[View], ...] = (MessagesView, ChainsView, BuffersView, RingsView, FindingsView, StatsView)
NAMES = {(0, 0): "vdmabuf0/recv", (0, 1): "vdmabuf0/send"}
QUICK = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def show_everything(session: Session) -> None:
    for seq in range(1, session.seq + 1):
        assert detail(session, seq).seq == seq
    for kind in VIEWS:
        for at in (None, session.seq // 2):
            view = kind(session, at)
            for i in range(len(view)):
                assert set(view.row(i)) == {c.name for c in view.columns}
                assert len(view.cells(i)) == sum(c.shown for c in view.columns)
                assert 0 <= view.place(at or 1) <= len(view)
    for number in range(len(session.objects)):
        assert life(session, number).row["buffer"]
    assert Moment(session, session.seq // 3).live >= 0


def capture_of(path: Path, bodies: list[bytes]) -> Path:
    """A recording whose packets hold these bytes."""
    blocks = [section_block("noise", ""), interface_block("vdmabuf0/recv", "", 65536)]
    for body in bodies:
        size = 32 + len(body) + -len(body) % 4
        head = b"".join(v.to_bytes(4, "little") for v in (6, size, 0, 0x17000000, 1, len(body), len(body)))
        blocks.append(head + body.ljust(size - 32, b"\0") + size.to_bytes(4, "little"))
    path.write_bytes(b"".join(blocks))
    return path


@st.composite
def noisy_records(draw: st.DrawFn) -> bytes:
    """A record's header that says anything, and any bytes behind it."""
    kind = draw(st.integers(0, 9))
    rest = draw(st.binary(min_size=44, max_size=500))
    few = bytearray(rest)
    few[2:4] = draw(st.integers(0, 2)).to_bytes(2, "little")  # queue
    few[42:44] = draw(st.integers(0, 1)).to_bytes(2, "little")  # device
    return MAGIC.to_bytes(2, "little") + bytes([VERSION, kind]) + bytes(few)


@QUICK
@given(st.lists(noisy_records(), min_size=1, max_size=12), st.sampled_from([None, *DIALECTS]))
def test_any_record(tmp_path: Path, bodies: list[bytes], dialect: str | None) -> None:
    bodies.append(Record(EventKind.KICK, 0).pack())  # without one record a file is no recording
    session = inspect(str(capture_of(tmp_path / "noise.pcapng", bodies)), settings=Settings(dialect=dialect))
    assert session.seq == sum(1 <= body[3] <= max(EventKind) for body in bodies)
    show_everything(session)


def bent(record: Record, rng: Random) -> Record:
    """A record with one of its fields as it should not be."""
    number = rng.choice([0, 1, 0x7FFF, 0x8000, 0xFFFF])
    wide = rng.choice([number, 0x7FFFFFFF, 0xFFFFFFFF])
    changes: list[Callable[[], dict[str, object]]] = [
        lambda: {"head": number}, lambda: {"index": number}, lambda: {"flags": rng.randrange(1 << 16)},
        lambda: {"used_len": wide}, lambda: {"readable": wide}, lambda: {"writable": wide},
        lambda: {"count": wide}, lambda: {"problems": rng.randrange(1 << 32)},
        lambda: {"readable_bytes": rng.randbytes(rng.randrange(300))},
        lambda: {"writable_bytes": rng.randbytes(rng.randrange(300))},
        lambda: {"time_ns": rng.choice([0, 1, (1 << 63) - 1])}, lambda: {"descriptors": ()},
    ]  # fmt: skip
    return replace(record, **rng.choice(changes)())  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_stories_with_bent_records(dialect: str, tmp_path: Path) -> None:
    for seed in range(4):
        rng = Random(seed)
        records = [bent(r, rng) if rng.random() < 0.2 else r for r in wander(seed, dialect, 15).records]
        path = write_capture(tmp_path / f"{seed}.pcapng", records, NAMES)
        show_everything(inspect(str(path), settings=Settings(dialect=rng.choice([None, dialect]))))


@pytest.mark.parametrize("seed", range(4))
def test_stories_with_flipped_bytes(seed: int, tmp_path: Path) -> None:
    """Bytes change inside records only: the file stays well-formed."""
    guest = clean("spec").guest
    path = write_capture(tmp_path / "whole.pcapng", guest.records, guest.names)
    session, rng, data = inspect(str(path)), Random(seed), bytearray(path.read_bytes())
    for row in range(session.seq):
        start, size = int(session.events.offset[row]), session.record_size(row)
        for _ in range(rng.choice([0, 0, 1, 6])):
            data[start + rng.randrange(4, size)] = rng.randrange(256)
    hit = tmp_path / "hit.pcapng"
    hit.write_bytes(data)
    show_everything(inspect(str(hit)))


def test_nonsense_that_names_thousands_of_queues(tmp_path: Path) -> None:
    """Costs what its events cost, not queues times events: each judge, queue and device is looked at once."""
    rng = Random(2)
    kinds = [EventKind.AVAILABLE, EventKind.USED, EventKind.START, EventKind.STOP]
    records = [
        Record(kinds[i % 4], i, rng.randrange(1 << 16), rng.randrange(1 << 16), head=rng.randrange(1 << 16))
        for i in range(600)
    ]
    session = inspect(str(write_capture(tmp_path / "many.pcapng", records, {})))
    assert len(session.queues.queues) == len({(r.device, r.queue) for r in records})
    assert session.queues.devices() == sorted({r.device for r in records})
    assert [session.queues.queues[q].device for q in session.events.qid] == [r.device for r in records]
    assert session.queues.device.tolist() == [*(q.device for q in session.queues.queues), -1]
