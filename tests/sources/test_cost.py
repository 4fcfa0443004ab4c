"""What watching costs and how often it looks, measured on a real recording of the idle reference pair."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import command, run
from tests.sources.peers import until
from vdmabuf_inspect.reference.pair import Pair

SECONDS = 5.0


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def recording(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`record` between a device and a driver that has sent one message and sends no more for long."""
    target = folder / "r.pcapng"
    with Pair(folder) as pair:
        pair.start_device()
        child = subprocess.Popen(command("record", pair.source, "-o", target, *options), stderr=subprocess.DEVNULL)
        try:
            until(pair.front.exists)
            pair.start_driver("--rate", "0.02", "--width", "32", "--height", "8")
            until(lambda: target.exists() and len(rings(target)) == 2)
            yield child
            child.send_signal(signal.SIGINT)
            child.wait(20)
        finally:
            child.kill()
            child.wait()


def rings(path: Path) -> list[dict[str, object]]:
    lines = run("rings", path, "--format", "json").out.splitlines()[1:]
    return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_a_quiet_guest_costs_less_than_a_fiftieth_of_a_core(tmp_path: Path) -> None:
    with recording(tmp_path) as child:
        time.sleep(3)
        before, begun = cpu_seconds(child.pid), time.monotonic()
        time.sleep(SECONDS)
        share = (cpu_seconds(child.pid) - before) / (time.monotonic() - begun)
    assert share < 0.02


@pytest.mark.slow
def test_ten_thousand_looks_a_second_at_each_queue_when_asked(tmp_path: Path) -> None:
    with recording(tmp_path, "--poll", "10000") as child:
        before, begun = cpu_seconds(child.pid), time.monotonic()
        time.sleep(SECONDS)
        lasted, spent = time.monotonic() - begun, cpu_seconds(child.pid) - before
    polls = [int(str(ring["polls"])) for ring in rings(tmp_path / "r.pcapng")]
    assert spent < 0.8 * lasted
    assert min(polls) >= 10_000 * lasted


def test_a_recording_gives_way_to_what_it_watches(tmp_path: Path) -> None:
    with recording(tmp_path) as child:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 10
