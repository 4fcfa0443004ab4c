"""A real recording of the idle reference pair, and what it spends."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.running import command, run
from tests.sources.peers import until
from vdmabuf_inspect.reference.pair import Pair

SETTLED = 3.0
"""Seconds after which what began is over and the rings are at rest."""


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def waited_seconds(pid: int) -> float:
    """How long threads of a process have been ready so far and had to wait for a processor that others had."""
    lines = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(line.split()[1]) for line in lines) / 1e9


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


def spend(child: subprocess.Popen[bytes], seconds: float) -> tuple[float, float]:
    """(processor seconds, seconds) of the next while."""
    before, begun = cpu_seconds(child.pid), time.monotonic()
    time.sleep(seconds)
    return cpu_seconds(child.pid) - before, time.monotonic() - begun
