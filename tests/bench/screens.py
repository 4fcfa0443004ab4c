"""The screen on a large capture: how soon it is useful, and how it answers keys."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from .bar import Bar, percentile
from .process import TOOL
from .terminal import Terminal

_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("EXPORT")
Empty().run()
"""
_KEYS = {"down": "j", "up": "k", "page down": "\x1b[6~", "page up": "\x1b[5~", "first": "g", "last": "G"}
_STEPS = (".", ",", "J", "K", "]", "[")
_INTO = 20
"""Pages that the cursor goes back from the end before it steps."""


def first_screen(capture: Path, times: int = 9) -> Bar:
    """Until the first message can be read, against an empty Textual application that says the same word."""
    commands = ([sys.executable, "-c", _EMPTY], [str(TOOL), "open", str(capture)])
    empty, ours = map(min, zip(*([_first(command) for command in commands] for _ in range(times)), strict=True))
    ratio = ours / empty
    how = f"{ours:.2f} s and {empty:.2f} s"
    return Bar("first useful screen, against an empty one", f"{ratio:.2f} times", "within 2 times", ratio <= 2, how)


def _first(command: list[str]) -> float:
    with Terminal(command) as terminal:
        return terminal.wait_for("EXPORT")


def scrolling(capture: Path, rows: int, presses: int = 200) -> Iterator[Bar]:
    """Keys on the screen once everything is loaded; pressed in an order that keeps the cursor off the edges."""
    names = random.Random(3).choices(list(_KEYS), weights=[4, 4, 8, 8, 1, 1], k=presses)
    with Terminal([str(TOOL), "open", str(capture)]) as terminal:
        terminal.wait_for("EXPORT")
        terminal.settle()
        yield _answers(terminal, "scroll and jump", rows, [_KEYS[name] for name in ("first", "last", *names)])
        for _ in range(_INTO):
            terminal.press(_KEYS["page up"])
        yield _answers(terminal, "step by event, message and buffer", rows, random.Random(4).choices(_STEPS, k=presses))


def _answers(terminal: Terminal, what: str, rows: int, keys: list[str]) -> Bar:
    """How soon everything that a key changes is painted."""
    times = [t for key in keys if (t := terminal.press(key)) is not None]
    if len(times) < len(keys) // 2:
        raise SystemExit(f"{what}: only {len(times)} of {len(keys)} keys were answered")
    p95 = percentile(times, 0.95)
    how = f"{len(times)} keys answered, median {percentile(times, 0.5) * 1000:.0f} ms"
    return Bar(f"{what} in {rows:,} messages", f"{p95 * 1000:.0f} ms at p95", "under 50 ms", p95 < 0.05, how)
