"""Whether there is a terminal to show a screen on, and its keyboard."""

import io
import os
import sys


def has_screen(keyboard: bool = True) -> bool:
    """Whether the screen can be drawn (on stderr, as Textual does) and, with `keyboard`, keys can be read.

    A terminal that calls itself dumb cannot put signs where they belong.
    """
    return (
        os.environ.get("TERM") != "dumb"
        and sys.stdout.isatty()
        and sys.stderr.isatty()
        and (sys.stdin.isatty() or not keyboard)
    )


def take_keyboard() -> None:
    """Put the terminal in the place of a standard input that is a pipe, which `sys.stdin` goes on reading."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return
    try:
        keyboard = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    moved = os.fdopen(os.dup(0), "rb", buffering=0)
    os.dup2(keyboard, 0)
    os.close(keyboard)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(moved))
