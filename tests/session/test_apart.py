"""A live source in a process of its own: what it sees, how it stands, its memory; and every way in which it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.peers import until
from vdmabuf_inspect.errors import FaultError, InspectError, SourceError, UsageError
from vdmabuf_inspect.reference.pair import Pair
from vdmabuf_inspect.session import apart
from vdmabuf_inspect.session.load import Inspection, inspect
from vdmabuf_inspect.sources.base import Mode
from vdmabuf_inspect.sources.options import SourceOptions

SLOW = ("--rate", "50", "--count", "0", "--width", "32", "--height", "8")
WATCHED = """
import sys, time
from pathlib import Path
from vdmabuf_inspect.session.load import Inspection
inspection = Inspection(sys.argv[1], keep=Path(sys.argv[2]), apart=True)
inspection.start()
print(inspection._apart._process.pid, flush=True)
time.sleep(60)
"""


def pid_of(inspection: Inspection) -> int:
    """The process that watches."""
    assert inspection._apart is not None and inspection._apart._process.pid is not None
    return inspection._apart._process.pid


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Inspection]:
    """The reference pair at work, watched by a process of its own."""
    with Pair(tmp_path) as pair:
        inspection = Inspection(pair.source, SourceOptions(device="vdmabuf"), keep=tmp_path / "r.pcapng", apart=True)
        try:
            pair.start_device("--quiet")
            inspection.start()
            pair.start_driver("--quiet", *SLOW)
            until(lambda: len(inspection.session.messages) > 20)
            yield inspection
        finally:
            inspection.stop()
            assert gone(pid_of(inspection))


def test_what_it_sees_comes_in_the_recording(watched: Inspection) -> None:
    assert watched.mode is Mode.LIVE and watched.growing
    assert pid_of(watched) != os.getpid() and os.getsid(pid_of(watched)) != os.getsid(0)
    assert "connected" in watched.status() or "watching" in watched.status()
    watched.stop()
    assert watched.error is None and watched.session.finished
    again = inspect(str(watched.recording))
    assert len(again.messages) == len(watched.session.messages) > 20


def test_guest_memory_is_read_over_there(watched: Inspection) -> None:
    until(lambda: watched.memory is not None)
    memory, session = watched.memory, watched.session
    assert memory is not None
    (gpa, size), *_ = memory.regions()
    layout = next(queue.epochs[0].layout for queue in session.queues.rings)
    assert memory.covers(layout.desc, 16 * layout.size)
    assert any(memory.read(layout.desc, 16 * layout.size)), "descriptors are there"
    assert memory.read_some(gpa + size - 8, 16) == memory.read(gpa + size - 8, 8)
    watched.stop()
    assert watched.memory is None
    assert memory.read_some(gpa, 8) == b"", "nobody answers any more"


def test_a_watcher_that_is_killed_is_told_of_and_the_recording_reads(watched: Inspection) -> None:
    os.kill(pid_of(watched), signal.SIGKILL)
    until(lambda: watched.error is not None)
    assert "the process that watched it is gone (exit code -9); the recording ends there" in str(watched.error)
    assert len(inspect(str(watched.recording)).messages) >= 20


def test_a_watcher_that_somebody_ends_ends_in_good_order(watched: Inspection) -> None:
    os.kill(pid_of(watched), signal.SIGTERM)
    until(lambda: watched.session.finished)
    assert watched.error is None
    assert not inspect(str(watched.recording)).problem


def test_a_watcher_ends_with_whoever_looks_and_the_recording_is_whole(tmp_path: Path) -> None:
    with Pair(tmp_path) as pair:
        pair.start_device("--quiet")
        kept = tmp_path / "r.pcapng"
        line = [sys.executable, "-c", WATCHED, pair.source, str(kept)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as looking:
            assert looking.stdout is not None
            watcher = int(looking.stdout.readline())
            pair.start_driver("--quiet", *SLOW)
            until(lambda: kept.exists() and kept.stat().st_size > 60_000)
            looking.kill()
        until(lambda: gone(watcher))
        until(lambda: not pair.front.exists(), seconds=2)
    session = inspect(str(kept))
    assert not session.problem and len(session.messages) > 20


def test_what_cannot_be_opened_is_said_here(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(SourceError, match="cannot listen on"):
        Inspection(f"vhost-user:{missing}/front,{missing}/back", apart=True)
    with pytest.raises(SourceError, match="no such file"):
        Inspection(str(missing), apart=True)


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (UsageError("no such option"), UsageError, "no such option"),
        (FaultError(0x1000, 8), InspectError, "8 bytes at 0x1000 are not in guest memory"),
        (KeyError("x"), InspectError, "internal error in watching: KeyError: 'x'; please report it"),
    ],
)
def test_whatever_goes_wrong_there_is_one_line_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], wrong: Exception, kind: type, said: str
) -> None:
    def fail(*_: object) -> None:
        raise wrong

    monkeypatch.setattr(apart, "open_source", fail)
    with pytest.raises(InspectError) as caught:
        Inspection("vhost-user:a,b", apart=True)
    assert type(caught.value) is kind and str(caught.value) == said
    assert "Traceback" not in capfd.readouterr().err


def test_a_snapshot_is_opened_here(tmp_path: Path) -> None:
    dump = tmp_path / "ram"
    dump.write_bytes(bytes(8192))
    inspection = Inspection(f"raw:{dump}@0x1000", SourceOptions(), apart=True)
    assert inspection.mode is Mode.SNAPSHOT and inspection._apart is None
    inspection.start()
    until(lambda: not inspection.running)
    assert "give --queue" in str(inspection.error), "it was read, and says nothing of rings"


def test_one_that_was_never_begun_ends_too(tmp_path: Path) -> None:
    inspection = Inspection(f"vhost-user:{tmp_path}/front,{tmp_path}/back", apart=True)
    watcher, begun = pid_of(inspection), time.monotonic()
    inspection.stop()
    until(lambda: gone(watcher))
    assert time.monotonic() - begun < 2
