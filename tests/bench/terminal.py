"""A program in a terminal of its own: what it paints, and how soon after a key."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

SIZE = (40, 140)
"""Lines and columns."""
_QUIET = 0.06
"""Seconds without output that end the answer to a key."""
_TAIL = 1 << 16


class Terminal:
    """Runs a program until the block is left. `begun` is when it was started, as time.perf_counter says.

    tail: the latest bytes that it painted.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.begun = time.perf_counter()
        self.tail = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
            os.execv(command[0], list(command))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def wait_for(self, text: str, timeout: float = 120) -> float:
        """Seconds since the start until `text` has been painted in one piece."""
        seen, end = b"", time.perf_counter() + timeout
        while time.perf_counter() < end:
            seen += self._read(0.5)
            if text.encode() in seen:
                return time.perf_counter() - self.begun
        raise SystemExit(f"{text!r} was not painted within {timeout} s; the end: {seen[-300:]!r}")

    def settle(self, quiet: float = 2.0, timeout: float = 300) -> None:
        """Wait until nothing has been painted for `quiet` seconds."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and self._read(quiet):
            pass

    def answer(self, key: str, told: Callable[[bytes], bool], timeout: float = 20) -> float:
        """Seconds from a key until what was painted since answers it: for a screen that never stands still."""
        begun, seen = time.perf_counter(), b""
        os.write(self._fd, key.encode())
        while time.perf_counter() < begun + timeout:
            seen += self._read(0.5)
            if told(seen):
                return time.perf_counter() - begun
        raise SystemExit(f"{key!r} was not answered within {timeout} s; the end: {seen[-300:]!r}")

    def press(self, key: str) -> float | None:
        """Seconds until the last byte that the key made the program paint; None when it painted nothing."""
        begun, last = time.perf_counter(), None
        os.write(self._fd, key.encode())
        while self._read(_QUIET if last else 1.0):
            last = time.perf_counter()
        return last - begun if last else None

    def _read(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self._fd], [], [], timeout)
        try:
            seen = os.read(self._fd, 1 << 16) if ready else b""
        except OSError:
            return b""
        self.tail = (self.tail + seen)[-_TAIL:]
        return seen
