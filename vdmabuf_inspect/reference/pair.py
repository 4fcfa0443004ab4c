"""The reference driver and device as two processes on two sockets, for somebody in between to watch."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from vdmabuf_inspect.errors import SourceError

_TRIES = 200
_PAUSE_S = 0.05
_PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")


class Pair:
    """A device that listens on `folder`/back, and a driver that connects to `folder`/front once `drive` is called.

    Both are ended, and their sockets gone, when the context is left. Raises SourceError when one does not start.
    """

    def __init__(self, folder: Path, driver: Sequence[str] = (), device: Sequence[str] = ()) -> None:
        self.front, self.back = folder / "front", folder / "back"
        self._driver_arguments = tuple(driver)
        self._device_arguments = tuple(device)
        self._device: subprocess.Popen[str] | None = None
        self._driver: subprocess.Popen[str] | None = None

    @property
    def source(self) -> str:
        """The URI of the proxy between the two."""
        return f"vhost-user:{self.front},{self.back}"

    def __enter__(self) -> Self:
        self._device = _start("device", self.back, self._device_arguments)
        _wait(self.back, self._device)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in (self._driver, self._device):
            if process is not None and process.poll() is None:
                process.terminate()
        for process in (self._driver, self._device):
            if process is not None:
                _end(process)

    def drive(self) -> None:
        """Start the driver; somebody must listen on `front` by now or soon."""
        _wait(self.front, self._device)
        self._driver = _start("driver", self.front, self._driver_arguments)

    def wait(self, timeout_s: float, tick: Callable[[], None] = lambda: None) -> bool:
        """Wait for the driver to end, calling `tick` now and then; whether it did in time."""
        deadline = time.monotonic() + timeout_s
        while self.running and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
            tick()
        return not self.running

    @property
    def running(self) -> bool:
        """Whether the driver runs."""
        return self._driver is not None and self._driver.poll() is None


def _start(role: str, socket: Path, arguments: Sequence[str]) -> subprocess.Popen[str]:
    command = [*_PEER, role, str(socket), "--quiet", *arguments]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _wait(socket: Path, process: subprocess.Popen[str] | None) -> None:
    """Until somebody listens on `socket`, or `process` is gone."""
    for _ in range(_TRIES):
        if socket.exists():
            return
        if process is not None and process.poll() is not None:
            why = process.stderr.read().strip() if process.stderr else ""
            raise SourceError(f"the reference device ended at once: {why or 'no reason given'}")
        time.sleep(_PAUSE_S)
    raise SourceError(f"nobody listens on {socket}")


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
