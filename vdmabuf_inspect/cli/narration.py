"""What the tool says about its own work: stderr and the log file, never stdout."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vdmabuf_inspect.errors import UsageError

PROGRAM = "vdmabuf-inspect"
LOG = logging.getLogger("vdmabuf_inspect")
PATIENCE = 0.5
"""Seconds of work before a progress bar shows."""
_BAR = 30
_PERIOD = 0.1


@contextmanager
def narrate(verbose: int, path: str | None) -> Iterator[None]:
    """Tell on stderr (`verbose` 1: what was done, 2: details too) and in the file at `path` (details, with times)."""
    handlers: list[logging.Handler] = []
    if verbose:
        handlers.append(_handler(logging.StreamHandler(), "%(message)s", verbose > 1))
    if path:
        handlers.append(_handler(_file(path), "%(asctime)s %(levelname)s %(threadName)s %(message)s", True))
    LOG.setLevel(min((h.level for h in handlers), default=logging.WARNING))
    LOG.propagate = False
    LOG.handlers[:] = handlers or [logging.NullHandler()]
    try:
        yield
    finally:
        for handler in handlers:
            LOG.removeHandler(handler)
            handler.close()


def say(text: str) -> None:
    """One line for the user, whatever `-v` says."""
    print(text, file=sys.stderr, flush=True)
    LOG.debug(text)


def complain(text: str) -> None:
    """One line on stderr about what went wrong; never raises."""
    try:
        say(f"{PROGRAM}: {' '.join(text.split())}")
    except OSError:
        return


class Progress:
    """A bar on stderr, drawn only on a terminal and only for work that takes longer than PATIENCE."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = self._drawn = time.monotonic()
        self._visible = False
        self._terminal = sys.stderr.isatty()

    def __call__(self, part: float) -> None:
        """`part` of the work is done, 0 to 1."""
        now = time.monotonic()
        if not self._terminal or now - self._begun < PATIENCE or now - self._drawn < _PERIOD:
            return
        self._drawn = now
        self._visible = True
        done = round(max(0.0, min(part, 1.0)) * _BAR)
        bar = "#" * done + "." * (_BAR - done)
        print(f"\r{self._what} [{bar}] {part:4.0%}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._visible:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._visible = False


def _handler(handler: logging.Handler, form: str, details: bool) -> logging.Handler:
    handler.setFormatter(logging.Formatter(form))
    handler.setLevel(logging.DEBUG if details else logging.INFO)
    return handler


def _file(path: str) -> logging.Handler:
    try:
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--log {path}: {error.strerror}; choose another file") from None
