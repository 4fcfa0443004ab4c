"""`check` of a large capture: against tshark with our dissector, against its own size, and its memory."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from vdmabuf_inspect.capture.wireshark import dissector_path

from .bar import Bar
from .process import TOOL, Run, best, run

SLICE = 40_000
"""Packets that tshark is timed on; the whole would take many minutes."""


def against_tshark(capture: Path, check: Run, packets: int, folder: Path) -> Bar:
    """`packets` is how many the capture has."""
    what = f"check, {packets // 2:,} messages, against tshark"
    if shutil.which("tshark") is None:
        return Bar(what, f"{check.seconds:.2f} s", "10 times faster", None, "tshark is not installed")
    few, many = (_tshark(_head(capture, count, folder)) for count in (200, SLICE))
    whole = few + (many - few) / (SLICE - 200) * packets
    ratio = whole / check.seconds
    how = f"check {check.seconds:.2f} s, tshark {whole:.0f} s extrapolated from {SLICE:,} packets in {many:.2f} s"
    return Bar(what, f"{ratio:.0f} times faster", "at least 10 times faster", ratio >= 10, how)


def _head(capture: Path, count: int, folder: Path) -> Path:
    path = folder / f"head-{count}.pcapng"
    run("editcap", "-r", capture, path, f"1-{count}")
    return path


def _tshark(path: Path) -> float:
    script = f"lua_script:{dissector_path()}"
    return best(
        2, "tshark", "-X", script, "-r", path, "-T", "fields", "-e", "vdmabuf.command", "-e", "vdmabuf.id"
    ).seconds


def check(capture: Path, times: int = 3) -> Run:
    """The whole process, all rules; a clean capture leaves with 0."""
    done = best(times, TOOL, "check", capture)
    if done.code != 0:
        raise SystemExit(f"check left with {done.code}: {done.tail}")
    return done


def growth(small: tuple[int, Run], large: tuple[int, Run], start: Run) -> Iterator[Bar]:
    """How processor time and memory grow between two captures of (messages, run); `start` is an empty capture's."""
    (few, quick), (many, slow) = small, large
    factor = (slow.busy - start.busy) / (quick.busy - start.busy) / (many / few)
    yield Bar(
        f"check, time a message, {many:,} against {few:,}",
        f"{factor:.2f} times",
        "linear: about 1",
        factor <= 1.3,
        f"{quick.busy:.2f} s and {slow.busy:.2f} s of a processor, {start.busy:.2f} s of them starting",
    )
    each = (slow.anonymous - quick.anonymous) / (many - few)
    how = f"peaks in no file: {quick.anonymous / 1e6:.0f} and {slow.anonymous / 1e6:.0f} MB"
    name = f"check, memory a further message, {few:,} to {many:,}"
    yield Bar(name, f"{each:.0f} bytes", "at most 120 bytes", each <= 120, how)
