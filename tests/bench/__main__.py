"""Makes the captures, measures every bar, prints the table."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .alive import keys_while_live
from .bar import Bar
from .carving import searching
from .checking import against_tshark, check, growth
from .moments import moments
from .process import Run, compile_tool
from .screens import first_screen, scrolling
from .startup import core, help_text
from .traffic import Plan, write
from .watching import watching


def main() -> None:
    """Parse the options and print each line as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help="grow to 10,000,000 messages (5 GB of disk, minutes)")
    parser.add_argument("--folder", type=Path, help="where the captures go (default: a temporary folder)")
    args = parser.parse_args()
    compile_tool()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=args.folder) as folder:
        print(
            f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; every figure is from this run\n", flush=True
        )
        for bar in bars(Path(folder), args.large):
            print(bar.line(), flush=True)


def bars(folder: Path, large: bool) -> Iterator[Bar]:
    """Every bar of ARCHITECTURE.md's table; without `large` growth is taken from 250,000 to 1,000,000 messages."""
    yield help_text()
    yield core(folder)
    yield searching(folder)
    yield from watching(folder)
    plan = Plan(1_000_000)
    capture, empty = folder / "million.pcapng", folder / "small.pcapng"
    write(capture, plan)
    write(empty, Plan(2, 1))
    start, million = check(empty), check(capture)
    yield against_tshark(capture, million, plan.messages * 2, folder)
    if large:
        yield from _large(folder, plan, million, start)
    else:
        fewer = Plan(250_000)
        write(folder / "quarter.pcapng", fewer)
        quarter = check(folder / "quarter.pcapng")
        yield from growth((fewer.messages, quarter), (plan.messages, million), start)
    yield from moments(capture)
    yield first_screen(capture)
    yield from scrolling(capture, plan.messages)
    yield keys_while_live(folder / "alive")


def _large(folder: Path, plan: Plan, million: Run, start: Run) -> Iterator[Bar]:
    many, path = Plan(10_000_000), folder / "many.pcapng"
    write(path, many)
    yield from growth((plan.messages, million), (many.messages, check(path, 1)), start)
    yield from scrolling(path, many.messages)


if __name__ == "__main__":
    main()
