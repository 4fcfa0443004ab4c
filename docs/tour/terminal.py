"""The program on a pseudo-terminal: keys go in, what it writes becomes a screen."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from docs.tour.screen import Screen

ROOT = Path(__file__).parents[2]
PATIENCE_S = 15.0
_ESCAPED = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "pagedown": "\x1b[6~", "pageup": "\x1b[5~", "home": "\x1b[H", "end": "\x1b[F",
}  # fmt: skip
_ESCAPE_S = 0.6
"""Escape is a key of its own when nothing follows it for a while."""
_QUIET_S = 0.15
"""Without output for so long, what a key did is painted."""


class TourError(Exception):
    """The program did not show what it should; the message has the screen."""


class Terminal:
    """Runs `vdmabuf-inspect` with `words` in an environment of its own until the block is left."""

    def __init__(self, words: Sequence[str], size: tuple[int, int], state: Path) -> None:
        self.screen = Screen(*size)
        self.watch: Callable[[], None] = lambda: None
        """Called after whatever was read."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            _become(words, size, state)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begun

    def press(self, *keys: str) -> None:
        """Press keys, each by its sign or its name, and wait until what they do is painted."""
        for key in keys:
            os.write(self._fd, _ESCAPED.get(key, key).encode())
            self.rest(_ESCAPE_S if key == "escape" else 0.3, calm=key != "escape")

    def write(self, text: str, pause_s: float = 0.05) -> None:
        """Type text, as a person does."""
        for sign in text:
            os.write(self._fd, sign.encode())
            self.rest(pause_s)

    def rest(self, seconds: float, calm: bool = False) -> None:
        """Read what is written for so long; `calm`: or until nothing is any more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self._read(min(left, _QUIET_S)) and calm:
                return

    def until(self, *words: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until all words are on the screen. Raises TourError."""
        end = time.monotonic() + patience_s
        while not all(word in self.screen.text for word in words):
            if time.monotonic() > end:
                missing = [word for word in words if word not in self.screen.text]
                raise TourError(f"{missing} did not appear:\n{self.screen.text}")
            self._read(0.1)

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError as error:
            raise TourError(f"the program ended:\n{self.screen.text}") from error
        text = self._decoder.decode(data)
        self.screen.feed(text)
        self.watch()
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.kill(self._pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while time.monotonic() < end and os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            try:
                self._read(0.05)
            except TourError:
                time.sleep(0.05)
        self._bury(time.monotonic() >= end)
        os.close(self._fd)

    def _bury(self, late: bool) -> None:
        if late:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _become(words: Sequence[str], size: tuple[int, int], state: Path) -> None:
    """The program, in the child."""
    columns, lines = size
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {
        "PATH": os.environ.get("PATH", ""), "HOME": str(state), "XDG_STATE_HOME": str(state), "LANG": "C.UTF-8",
        "TZ": "UTC", "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    os.execve(sys.executable, [sys.executable, "-m", "vdmabuf_inspect", *words], environment)
