"""A picture of the screen for a page of documentation: `python -m vdmabuf_inspect.tui.screenshot SOURCE OUT.svg`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.app import InspectApp
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.screens.workbench import Workbench

_PATIENCE_S = 60.0


async def take(
    inspection: Inspection, out: Path, size: tuple[int, int], keys: Sequence[str] = (), remembered: bool = False
) -> None:
    """Read a source whole, press keys, and write the screen as SVG. Raises InspectError when it cannot be read.

    remembered: as the user left the screen, and left so; otherwise as at first, and nobody's screen changes.
    """
    app = InspectApp(inspection, remembered=Remembered(kept=remembered))
    async with app.run_test(size=size) as pilot:
        async with asyncio.timeout(_PATIENCE_S):
            while not app.board.pulse.finished:
                await pilot.pause(0.05)
            await _settled(pilot)
            for key in keys:
                await pilot.press(key)
                await _settled(pilot)
        app.save_screenshot(str(out))
    inspection.stop()
    if inspection.error is not None:
        raise inspection.error


async def _settled(pilot: Pilot[int]) -> None:
    """Until what is drawn a little later is drawn."""
    await pilot.pause(0.1)
    while isinstance(screen := pilot.app.screen, Workbench) and screen.owed:
        await pilot.pause(0.02)


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
    parser.add_argument("--remembered", action="store_true", help="with panes, colours and columns as you left them")
    options = parser.parse_args()
    Door().open()
    taken = take(Inspection(options.source), options.out, options.size, options.keys.split(), options.remembered)
    try:
        asyncio.run(taken)
    except InspectError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
