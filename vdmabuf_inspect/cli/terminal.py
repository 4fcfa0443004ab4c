"""Whether there is a terminal to show a screen on."""

import sys


def has_screen(keyboard: bool = True) -> bool:
    """Whether the screen can be drawn (on stderr, as Textual does) and, with `keyboard`, keys can be read."""
    return sys.stdout.isatty() and sys.stderr.isatty() and (sys.stdin.isatty() or not keyboard)
