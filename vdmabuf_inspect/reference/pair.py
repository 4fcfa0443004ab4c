"""The reference driver and device as two processes on two sockets, for somebody in between to watch."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from vdmabuf_inspect.errors import InspectError

_GRACE_S = 3.0
_START_S = 10.0


class Pair:
    """Both peers, each a process; leaving the context ends them.

    They end by themselves when this process dies in any way: each sees its connection close.
    """

    def __init__(self, folder: Path) -> None:
        self.front, self.back = folder / "front", folder / "back"
        self._folder = folder
        self._children: list[subprocess.Popen[bytes]] = []
        self._driver: subprocess.Popen[bytes] | None = None

    @property
    def source(self) -> str:
        """The URI of the proxy between the two."""
        return f"vhost-user:{self.front},{self.back}"

    @property
    def processes(self) -> list[int]:
        """The numbers of the peers' processes."""
        return [child.pid for child in self._children]

    def start_device(self, *options: str) -> None:
        """Start the device and wait until it listens. Raises InspectError when it does not come up."""
        child = self._start("device", self.back, *options)
        end = time.monotonic() + _START_S
        while not (self.back).exists():
            if child.poll() is not None or time.monotonic() > end:
                raise InspectError(f"the reference device did not start: {self._last_line('device')}")
            time.sleep(0.01)

    def start_driver(self, *options: str) -> None:
        """Start the driver; somebody must listen on `front` by now."""
        self._driver = self._start("driver", self.front, *options)

    def wait(self, timeout_s: float) -> None:
        """Wait for the driver to end."""
        if self._driver is not None:
            with suppress(subprocess.TimeoutExpired):
                self._driver.wait(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in reversed(self._children):
            _end(child)

    def _start(self, peer: str, socket: Path, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "vdmabuf_inspect.reference", peer, str(socket), "--quiet"]
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
        with (self._folder / f"{peer}.log").open("wb") as log:
            child = subprocess.Popen(
                [*command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"PYTHONPATH": path}, start_new_session=True,
            )  # fmt: skip
        self._children.append(child)
        return child

    def _last_line(self, peer: str) -> str:
        lines = (self._folder / f"{peer}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
