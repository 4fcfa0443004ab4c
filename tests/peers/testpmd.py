"""DPDK's testpmd as a front end (virtio-user) or a back end (vhost), told what to do at its prompt."""

import os
import re
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

TESTPMD = shutil.which("dpdk-testpmd")
HELP = "dpdk-testpmd is not installed (apt-get install dpdk-dev)"
PROMPT = "testpmd> "
_COUNT = re.compile(r"(RX|TX)-packets: (\d+)")


class Testpmd:
    """One testpmd with one port, on one core of its own; leaving the context ends it."""

    __test__ = False

    def __init__(self, folder: Path, name: str, device: str, core: int) -> None:
        """`device` is the argument of --vdev. Raises AssertionError when it does not come up."""
        self.log = folder / f"{name}.log"
        command = [
            "stdbuf", "-o0", TESTPMD or "", "--no-huge", "-m", "256", "--lcores", f"0@{core},1@{core}",
            "--no-pci", "--no-telemetry", f"--file-prefix={name}{os.getpid()}", "--vdev", device,
            "--", "--interactive", "--port-topology=loop", "--total-num-mbufs=4096", "--no-mlockall",
        ]  # fmt: skip
        self._file = self.log.open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._file, start_new_session=True
        )
        self._await_prompt(30)

    def tell(self, line: str) -> str:
        """One command; what it printed."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return self._await_prompt(15)

    def packets(self) -> tuple[int, int]:
        """Packets sent and received, by the port's own statistics."""
        found = dict(_COUNT.findall(self.tell("show port stats 0")))
        return int(found["TX"]), int(found["RX"])

    def close(self) -> None:
        """End it, in good order if it will."""
        if self._process.poll() is None and self._process.stdin is not None:
            try:
                self._process.stdin.write(b"quit\n")
                self._process.stdin.close()
                self._process.wait(8)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _await_prompt(self, seconds: float) -> str:
        assert self._process.stdout is not None
        said, end = b"", time.monotonic() + seconds
        while not said.endswith(PROMPT.encode()):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            assert data, f"testpmd said no more: {said.decode(errors='replace')}\n{self.log.read_text()}"
            said += data
        return said.decode(errors="replace")
