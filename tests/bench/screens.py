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
    draw = random.Random(3)
    with Terminal([str(TOOL), "open", str(capture)]) as terminal:
        terminal.wait_for("EXPORT")
        terminal.settle()
        names = ["first", "last", *draw.choices(list(_KEYS), weights=[4, 4, 8, 8, 1, 1], k=presses)]
        times = [t for name in names if (t := terminal.press(_KEYS[name])) is not None]
    if len(times) < presses // 2:
        raise SystemExit(f"only {len(times)} of {presses} keys were answered")
    p95 = percentile(times, 0.95)
    how = f"{len(times)} keys answered, median {percentile(times, 0.5) * 1000:.0f} ms"
    yield Bar(f"scroll and jump in {rows:,} messages", f"{p95 * 1000:.0f} ms at p95", "under 50 ms", p95 < 0.05, how)
