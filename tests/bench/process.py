"""Runs a program to its end and says how long it took and how much anonymous memory it had at most."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from compileall import compile_dir
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

TOOL = Path(sys.executable).with_name("vdmabuf-inspect")
_POLL = 0.01


@dataclass(frozen=True)
class Run:
    """Wall-clock and processor seconds, peak anonymous bytes, exit code, and the end of what it wrote."""

    seconds: float
    busy: float
    anonymous: int
    code: int
    tail: str


def run(*command: str | Path) -> Run:
    """Run it with its output in a file, as a pipe would make it wait for us."""
    with Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp").joinpath("bench.out").open("w+b") as out:
        begun, peak = time.perf_counter(), 0
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT)
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            peak = max(peak, anonymous(child.pid))
            time.sleep(_POLL if time.perf_counter() - begun > 1 else 0.001)
        seconds, used = time.perf_counter() - begun, ended[2]
        child.returncode = os.waitstatus_to_exitcode(ended[1])
        out.seek(max(0, out.seek(0, os.SEEK_END) - 400))
        tail = out.read().decode(errors="replace")
        return Run(seconds, used.ru_utime + used.ru_stime, peak, child.returncode, tail)


def best(times: int, *command: str | Path) -> Run:
    """The quickest of several runs."""
    return in_turn(times, command)[0]


def in_turn(times: int, *commands: Sequence[str | Path]) -> list[Run]:
    """The quickest of several runs of each; they take turns, so that what else the machine does falls on all."""
    rounds = [[run(*command) for command in commands] for _ in range(times)]
    return [min(runs, key=lambda r: r.seconds) for runs in zip(*rounds, strict=True)]


def compile_tool() -> None:
    """Bytecode for our side as pip leaves it for every package that it installs; an editable one has none."""
    for package in ("vdmabuf_inspect", "vdmabuf_inspect_virtio"):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            compile_dir(folder, quiet=1)


def anonymous(pid: int) -> int:
    """Resident bytes of a process that lie in no file; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")), 0)
