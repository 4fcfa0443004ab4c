"""Live sources through real sockets and real peers: recorded, listed as they come, demonstrated."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import command, run


@contextmanager
def watched(folder: Path, *words: object, exports: int = 12, whole: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """A command on the proxy between the reference driver and device, once the driver is through (`whole`: well)."""
    peer = [sys.executable, "-m", "vdmabuf_inspect.reference"]
    device = subprocess.Popen([*peer, "device", folder / "back", "--quiet", "--vmid", "7"], stdout=subprocess.DEVNULL)
    spec = f"vhost-user:{folder / 'front'},{folder / 'back'}"
    line = command(*(spec if word == "SPEC" else word for word in words))
    child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        until(lambda: (folder / "back").exists() and (folder / "front").exists())
        driver = [*peer, "driver", folder / "front", "--quiet", "--rate", "0", "--count", exports, "--width", 32]
        subprocess.run([*map(str, driver), "--height", "8"], stdout=subprocess.DEVNULL, check=whole, timeout=60)
        device.wait(30)
        yield child
    finally:
        device.kill()
        child.kill()
        child.communicate()


def until(done: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def exports_in(path: Path) -> int:
    lines = run("messages", path, "--format", "json", "--filter", "cmd == EXPORT").out.splitlines()
    return json.loads(lines[0])["rows"] if lines else 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_recording_that_is_interrupted_is_whole(tmp_path: Path, number: signal.Signals, code: int) -> None:
    target = tmp_path / "r.pcapng"
    with watched(tmp_path, "record", "SPEC", "-o", target, "--device", "vdmabuf") as child:
        child.send_signal(number)
        _, err = child.communicate(timeout=20)
    assert child.returncode == code and str(target) in err.decode().splitlines()[-1]
    assert exports_in(target) == 12 and run("check", target, "--fail-on", "warning").code == 0


def test_a_recording_that_is_killed_reads_up_to_there(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with watched(tmp_path, "record", "SPEC", "-o", target) as child:
        time.sleep(0.3)
        child.kill()
        child.wait(20)
    assert exports_in(target) == 12


def test_a_recording_ends_by_count_and_by_time(tmp_path: Path) -> None:
    with watched(tmp_path, "record", "SPEC", "-o", tmp_path / "r.pcapng", "--count", "30", whole=False) as child:
        assert child.wait(20) == 0
    (tmp_path / "front").unlink(missing_ok=True)
    began = time.monotonic()
    line = command(
        "record", f"vhost-user:{tmp_path / 'front'},/nowhere", "-o", tmp_path / "t.pcapng", "--duration", "200ms"
    )
    assert subprocess.run(line, capture_output=True, timeout=30, check=False).returncode == 0
    assert time.monotonic() - began < 20 and (tmp_path / "t.pcapng").stat().st_size > 0


def test_a_recording_goes_through_a_pipe(tmp_path: Path) -> None:
    with watched(tmp_path, "record", "SPEC", "-o", "-", "--duration", "3s") as child:
        data, _ = child.communicate(timeout=30)
    (tmp_path / "r.pcapng").write_bytes(data)
    assert child.returncode == 0 and exports_in(tmp_path / "r.pcapng") == 12


def test_messages_come_as_they_happen(tmp_path: Path) -> None:
    with watched(tmp_path, "messages", "SPEC", "--format", "json", "--filter", "cmd == EXPORT") as child:
        assert child.stdout is not None
        head, *rows = [json.loads(child.stdout.readline()) for _ in range(13)]
        assert head["live"] is True and [row["buffer"] for row in rows] == [f"7:{i}" for i in range(1, 13)]
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130


def test_check_of_a_live_source_reports_when_it_is_over(tmp_path: Path) -> None:
    with watched(tmp_path, "check", "SPEC", "--device", "vdmabuf", "--duration", "4s") as child:
        out, _ = child.communicate(timeout=30)
    assert child.returncode == 0 and b"0 errors, 0 warnings" in out and b"12 buffers" in out


def test_the_demo_prints_a_log_and_leaves_nothing_behind(tmp_path: Path) -> None:
    line = command("demo", "--duration", "5s", "--keep", tmp_path / "d.pcapng")
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0 and "0 errors, 0 warnings" in done.stderr
    assert "EXPORT" in done.stdout and "DMABUF_REL" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["d.pcapng"]
    assert run("check", tmp_path / "d.pcapng", "--fail-on", "warning").code == 0
    assert str(tmp_path) not in subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout


def test_the_demo_shows_the_faults_it_is_asked_for(tmp_path: Path) -> None:
    done = subprocess.run(
        command("demo", "--duration", "5s", "--fault", "release-twice"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "error: VL503 double-release" in done.stdout and "1 error," in done.stderr


def test_a_demo_that_is_terminated_takes_its_children_along(tmp_path: Path) -> None:
    child = subprocess.Popen(
        command("demo", "--duration", "60s"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    child.terminate()
    child.communicate(timeout=20)
    assert child.returncode == 143 and not list(tmp_path.iterdir())


def test_the_peers_run_alone(tmp_path: Path) -> None:
    device = subprocess.Popen(command("device", tmp_path / "s"), stdout=subprocess.PIPE, text=True)
    until((tmp_path / "s").exists)
    driver = subprocess.run(
        command("driver", tmp_path / "s", "--count", 3, "--rate", 0),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    out, _ = device.communicate(timeout=20)
    assert driver.returncode == 0 and device.returncode == 0
    assert "3 exports, 3 releases" in driver.stdout and "front end connected" in out
