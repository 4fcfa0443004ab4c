"""A picture of the screen for a page of documentation: `python -m vdmabuf_inspect.tui.screenshot SOURCE OUT.svg`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.app import InspectApp

_PATIENCE_S = 60.0


async def take(inspection: Inspection, out: Path, size: tuple[int, int], keys: Sequence[str] = ()) -> None:
    """Read a source whole, press keys, and write the screen as SVG. Raises InspectError when it cannot be read."""
    app = InspectApp(inspection)
    async with app.run_test(size=size) as pilot:
        async with asyncio.timeout(_PATIENCE_S):
            while not inspection.session.finished:
                await pilot.pause(0.05)
        await pilot.pause(0.2)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.2)
        app.save_screenshot(str(out))
    inspection.stop()
    if inspection.error is not None:
        raise inspection.error


def size_of(text: str) -> tuple[int, int]:
    """`120x36` as (columns, lines). Raises ValueError."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=size_of, default=(120, 36), metavar="COLUMNSxLINES")
    parser.add_argument("--keys", default="", help="keys to press, separated by spaces")
    options = parser.parse_args()
    try:
        asyncio.run(take(Inspection(options.source), options.out, options.size, options.keys.split()))
    except InspectError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
