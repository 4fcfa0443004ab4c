"""Captures that another process still writes: followed as files, read from pipes, with real processes on both sides."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import command, run
from tests.cli.test_live import until

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")


@contextmanager
def traffic(folder: Path, exports: int = 0, rate: int = 40, fault: str = "") -> Iterator[str]:
    """The reference pair, from when its proxy is there; the proxy's URI. `exports` 0: until it is ended."""
    device = [*PEER, "device", str(folder / "back"), "--quiet", "--vmid", "7", "--fault", fault]
    peers = [subprocess.Popen(device)]
    until((folder / "back").exists)

    def drive() -> None:
        until((folder / "front").exists)
        line = [*PEER, "driver", str(folder / "front"), "--quiet", "--rate", str(rate), "--count", str(exports)]
        peers.append(subprocess.Popen([*line, "--width", "32", "--height", "8"], stdout=subprocess.DEVNULL))

    traffic.drive = drive  # type: ignore[attr-defined]
    try:
        yield f"vhost-user:{folder / 'front'},{folder / 'back'}"
    finally:
        for peer in peers:
            peer.kill()
            peer.wait()


@contextmanager
def process(*words: object, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is killed at the end."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    with subprocess.Popen(command(*words), **options) as child:  # type: ignore[call-overload]
        try:
            yield child
        finally:
            child.kill()


def drive() -> None:
    """Start the driver of `traffic`."""
    traffic.drive()  # type: ignore[attr-defined]


def test_a_file_is_followed_until_its_writer_closes_it(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with traffic(tmp_path) as source, process("record", source, "-o", target) as recorder:
        until(lambda: target.exists() and target.stat().st_size > 0)
        with process("messages", target, "--follow", "--format", "json", "--filter", "cmd == EXPORT") as reader:
            drive()
            assert reader.stdout is not None
            head, *rows = [json.loads(reader.stdout.readline()) for _ in range(6)]
            assert head["live"] is True and {row["command"] for row in rows} == {"EXPORT"}
            assert recorder.poll() is None, "the rows came while it was being written"
            recorder.send_signal(signal.SIGINT)
            rest = reader.stdout.read()
            assert recorder.wait(20) == 130 and reader.wait(20) == 0
    told = [row["seq"] for row in [*rows, *map(json.loads, rest.splitlines())]]
    whole = run("messages", target, "--format", "json", "--filter", "cmd == EXPORT").out.splitlines()[1:]
    assert told == [json.loads(line)["seq"] for line in whole]


def test_check_waits_for_the_end_of_a_growing_file(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with traffic(tmp_path, exports=20) as source, process("record", source, "-o", target, "--duration", "4s"):
        until(lambda: target.exists() and target.stat().st_size > 0)
        with process("check", target, "--follow") as reader:
            drive()
            out, _ = reader.communicate(timeout=40)
    assert reader.returncode == 0 and b"20 buffers" in out


def test_a_writer_that_dies_ends_it_with_what_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with traffic(tmp_path) as source, process("record", source, "-o", target) as recorder:
        until(lambda: target.exists() and target.stat().st_size > 0)
        with process("messages", target, "--follow") as reader:
            drive()
            until(lambda: target.stat().st_size > 20000)
            recorder.kill()
            out, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0 and out.count(b"EXPORT") > 0


def test_following_ends_by_time_and_by_signal(tmp_path: Path) -> None:
    with traffic(tmp_path) as source, process("record", source, "-o", tmp_path / "r.pcapng") as recorder:
        until(lambda: (tmp_path / "r.pcapng").exists() and (tmp_path / "r.pcapng").stat().st_size > 0)
        drive()
        with process("findings", tmp_path / "r.pcapng", "--follow", "--duration", "500ms") as timed:
            assert timed.wait(20) == 0
        with process("messages", tmp_path / "r.pcapng", "--follow") as stopped:
            assert stopped.stdout is not None
            head, first = stopped.stdout.readline(), stopped.stdout.readline()
            stopped.send_signal(signal.SIGINT)
            out, err = stopped.communicate(timeout=20)
        assert stopped.returncode == 130 and b"command" in head and first and b"VX903" not in out + err
        assert recorder.poll() is None


@pytest.mark.parametrize("words", [("messages", "-", "--format", "json", "--filter", "cmd == EXPORT")])
def test_a_pipe_is_read_as_it_is_written(tmp_path: Path, words: tuple[str, ...]) -> None:
    with (
        traffic(tmp_path) as source,
        process("record", source, "-o", "-") as recorder,
        process(*words, stdin=recorder.stdout) as reader,
    ):
        drive()
        assert reader.stdout is not None
        head, first = (json.loads(reader.stdout.readline()) for _ in range(2))
        assert head["schema"] == "vdmabuf-inspect/1" and first["command"] == "EXPORT" and recorder.poll() is None
        recorder.send_signal(signal.SIGTERM)
        reader.communicate(timeout=20)
        assert recorder.wait(20) == 143 and reader.returncode == 0


def test_check_of_a_pipe_judges_it_all(tmp_path: Path) -> None:
    with (
        traffic(tmp_path, exports=15) as source,
        process("record", source, "-o", "-", "--duration", "4s") as recorder,
        process("check", "-", stdin=recorder.stdout) as reader,
    ):
        drive()
        out, _ = reader.communicate(timeout=40)
        assert reader.returncode == 0 and b"15 buffers" in out and recorder.wait(20) == 0


def test_a_reader_that_leaves_ends_the_recorder_quietly(tmp_path: Path) -> None:
    out, into = os.pipe()
    with traffic(tmp_path) as source, process("record", source, "-o", "-", stdout=into) as recorder:
        os.close(into)
        until((tmp_path / "front").exists)
        os.close(out)  # nothing has happened yet: a quiet guest
        _, err = recorder.communicate(timeout=20)
    assert recorder.returncode == 141 and b"rror" not in err and b"Traceback" not in err


def test_rows_that_are_wanted_end_a_live_list(tmp_path: Path) -> None:
    with traffic(tmp_path) as source, process("messages", source, "--limit", "3") as reader:
        drive()
        out, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0 and len(out.splitlines()) == 4
