"""A recording that ends in any way, at any moment, reads up to its last whole record."""

import random
import resource
import signal
import time
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.cli.test_growing import drive, process, traffic
from tests.cli.test_live import until
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.load import inspect

SEED = 20260131


def events_in(path: Path) -> tuple[int, str]:
    """How many records can be read, and why reading ended early."""
    with CaptureFile(path) as capture:
        count = 0
        while (batch := capture.read()) is not None:
            count += len(batch)
        return count, capture.truncated_at.reason if capture.truncated_at else ""


def records_in(path: Path, queue: int = 1) -> list[Record]:
    """The records of one queue."""
    session = inspect(str(path))
    records = [session.record(row) for row in range(session.seq)]
    return [record for record in records if record.queue == queue]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_at_a_random_moment(tmp_path: Path, number: signal.Signals) -> None:
    target, moment = tmp_path / "r.pcapng", random.Random(SEED + number)
    for _ in range(2):
        target.unlink(missing_ok=True)
        with (
            traffic(tmp_path, rate=0) as source,
            process("record", source, "-o", target, "--device", "vdmabuf") as recorder,
        ):
            drive()
            until(lambda: target.exists() and target.stat().st_size > 4096)
            time.sleep(moment.uniform(0, 0.4))
            recorder.send_signal(number)
            _, err = recorder.communicate(timeout=30)
        count, why = events_in(target)
        assert recorder.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number)
        assert count > 10 and (not why or number == signal.SIGKILL), why
        assert run("check", target).code in (0, 1, 3) and b"Traceback" not in err
        (tmp_path / "back").unlink(missing_ok=True)
        (tmp_path / "front").unlink(missing_ok=True)


def test_a_full_disk(tmp_path: Path) -> None:
    target, room = tmp_path / "r.pcapng", 50000

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    with (
        traffic(tmp_path, rate=0) as source,
        process("record", source, "-o", target, preexec_fn=little_room) as recorder,
    ):
        drive()
        _, err = recorder.communicate(timeout=30)
    lines = err.decode().splitlines()
    assert recorder.returncode == 2 and sum("cannot be written" in line for line in lines) == 1
    count, why = events_in(target)
    assert count > 50 and not why and target.stat().st_size <= room
    assert any(f"recorded {count:,} events" in line for line in lines), "what it says is what is there"


def test_files_in_turn_can_each_be_read_alone(tmp_path: Path) -> None:
    words = ("--device", "vdmabuf", "--rotate", "64K", "--files", "3", "--duration", "6s")
    with (
        traffic(tmp_path, rate=100) as source,
        process("record", source, "-o", tmp_path / "r.pcapng", *words) as recorder,
    ):
        drive()
        _, err = recorder.communicate(timeout=40)
    files = sorted(tmp_path.glob("r_*.pcapng"))
    assert recorder.returncode == 0 and len(files) == 3 and "3 files" in err.decode().splitlines()[-1]
    assert not (tmp_path / "r.pcapng").exists() and int(files[0].name.split("_")[1]) > 1
    made: list[int] = []
    for path in files:
        assert run("check", path, "--ignore", "VL505").code == 3, path
        made += [
            r.index for r in records_in(path) if r.kind is EventKind.AVAILABLE and not r.flags & EventFlag.PRESUMED
        ]
    assert len(made) > 50 and made == list(range(made[0], made[0] + len(made))), "nothing is missing between two files"


def test_a_ring_buffer_keeps_the_newest(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    words = ("--device", "vdmabuf", "--ring-buffer", "128K", "--duration", "6s")
    with traffic(tmp_path, rate=100) as source, process("record", source, "-o", target, *words) as recorder:
        drive()
        _, err = recorder.communicate(timeout=40)
    both = [tmp_path / "r.older.pcapng", target]
    assert recorder.returncode == 0 and str(both[0]) in err.decode().splitlines()[-1]
    assert all(path.stat().st_size <= 80 << 10 and events_in(path)[1] == "" for path in both)
    made = [r.index for path in both for r in records_in(path) if r.kind is EventKind.AVAILABLE]
    assert made[-1] > 300 and len(made) < 300, "the newest, and not all"
    assert all(run("check", path, "--ignore", "VL505").code == 3 for path in both)


def test_files_in_turn_by_time(tmp_path: Path) -> None:
    words = ("--rotate", "300ms", "--duration", "3s")
    with (
        traffic(tmp_path) as source,
        process("record", source, "-o", tmp_path / "r.pcapng", *words) as recorder,
    ):
        drive()
        recorder.communicate(timeout=40)
    files = sorted(tmp_path.glob("r_*.pcapng"))
    assert 3 <= len(files) <= 11 and all(events_in(path)[1] == "" for path in files)


def test_a_size_ends_it(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with traffic(tmp_path, rate=100) as source, process("record", source, "-o", target, "--size", "40K") as recorder:
        drive()
        _, err = recorder.communicate(timeout=40)
    assert recorder.returncode == 0 and 40 << 10 <= target.stat().st_size < 80 << 10
    assert "0 missed" in err.decode().splitlines()[-1]
