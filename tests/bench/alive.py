"""The screen on a live recording at its full rate: how soon a key is answered while everything moves."""

import os
import random
import re
import time
from contextlib import suppress
from pathlib import Path

from tests.sources.peers import until
from vdmabuf_inspect.reference.pair import Pair

from .bar import Bar, percentile
from .process import TOOL
from .terminal import Terminal

_EVENT = re.compile(rb"event ([\d,]+) of ([\d,]+)")
_KEYS = ("j", "k", ".", ",", "\x1b[5~", "\x1b[6~")
_BACK = 30
"""Pages from the tail at which the keys are pressed."""
_BEGUN = 20_000
"""Events before the first key."""
_PAUSE_S = 0.1
"""Between a key's answer and the next key."""


def keys_while_live(folder: Path, presses: int = 200) -> Bar:
    """From a key that moves the cursor to the status line that says where it is.

    Driver, device and the process that watches them take all they get. Two processors are divided between these three
    and the screen; where there are more nothing is.
    """
    folder.mkdir()
    with Pair(folder) as pair:
        pair.start_device("--quiet")
        with Terminal([str(TOOL), "open", pair.source, "--device", "vdmabuf"]) as terminal:
            until(pair.front.exists)
            pair.start_driver("--quiet", "--count", "0", "--rate", "0", "--width", "32", "--height", "8")
            terminal.answer("", lambda seen: any(_number(m[2]) > _BEGUN for m in _EVENT.finditer(seen)), 120)
            if (os.cpu_count() or 1) < 4:
                _divide(terminal.pid, pair)
            terminal.answer("k", lambda seen: any(m[1] != m[2] for m in _EVENT.finditer(seen)))
            for _ in range(_BACK):
                _answered(terminal, "\x1b[5~")
            begun, first = time.perf_counter(), _newest(terminal)
            times = [_answered(terminal, key) for key in random.Random(5).choices(_KEYS, k=presses)]
            rate = (_newest(terminal) - first) / (time.perf_counter() - begun)
    p95 = percentile(times, 0.95)
    how = f"median {percentile(times, 0.5) * 1000:.0f} ms, {rate:,.0f} events a second"
    return Bar("keys in a live recording at full rate", f"{p95 * 1000:.0f} ms at p95", "under 50 ms", p95 < 0.05, how)


def _divide(screen: int, pair: Pair) -> None:
    """The screen on one processor, everything else on another."""
    first, *others = sorted(os.sched_getaffinity(0))
    watcher = Path(f"/proc/{screen}/task/{screen}/children").read_text().split()
    for process in (screen, *map(int, watcher), *pair.processes):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                os.sched_setaffinity(int(task.name), {first} if process == screen else set(others) or {first})


def _answered(terminal: Terminal, key: str) -> float:
    time.sleep(_PAUSE_S)
    before = _EVENT.findall(terminal.tail)[-1][0]
    return terminal.answer(key, lambda seen: any(m[1] != before for m in _EVENT.finditer(seen)))


def _newest(terminal: Terminal) -> int:
    return _number(_EVENT.findall(terminal.tail)[-1][1])


def _number(text: bytes) -> int:
    return int(text.replace(b",", b""))
