"""`demo`: the reference driver and device on a real vhost-user socket, watched live."""

from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.demonstration import faults_by_side
from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.quantity import nanoseconds
from vdmabuf_inspect.cli.terminal import has_screen

if TYPE_CHECKING:
    from vdmabuf_inspect.session.load import Inspection

_SECONDS = 10
_TAIL_S = 1.5
"""Before the end, seconds in which the driver gets its buffers back."""


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--duration",
        metavar="TIME",
        help=f"print a log for so long, as without a terminal ({_SECONDS}s), instead of the screen",
    )
    add("--rate", metavar="N", default="20", help="buffers exported a second (default 20)")
    add("--dialect", metavar="NAME", default="spec", help="the wire dialect that the two speak (default spec)")
    add(
        "--fault",
        metavar="NAME[,NAME]",
        default="",
        help="faults to commit; the help of 'driver' and 'device' lists them",
    )
    add("--keep", metavar="FILE", help="leave the recording in FILE")


def run(args: Namespace) -> int:
    """Run the pair and show it. Raises InspectError."""
    from vdmabuf_inspect.reference.pair import Pair
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.sources.options import SourceOptions

    screen = has_screen()
    seconds = nanoseconds(args.duration) / 1e9 if args.duration else (0.0 if screen else float(_SECONDS))
    driver_faults, device_faults = faults_by_side(args.fault)
    with TemporaryDirectory(prefix="vdmabuf-demo-") as name, ExitStack() as stack:
        folder = Path(name)
        keep = Path(args.keep) if args.keep else None
        pair = Pair(folder)
        shown = screen and not args.duration
        inspection = Inspection(pair.source, SourceOptions(device="vdmabuf"), keep=keep, apart=shown)
        stack.enter_context(pair)
        dialect = ("--dialect", args.dialect)
        pair.start_device(*dialect, "--vmid", "7", "--fault", device_faults)
        rounds = ("--count", "0", "--duration", str(max(seconds - _TAIL_S, 0.5)) if seconds else "0")
        pair.start_driver(*dialect, "--rate", args.rate, *rounds, "--fault", driver_faults)
        return _screen(args, inspection) if shown else _log(args, inspection, seconds)


def _screen(args: Namespace, inspection: "Inspection") -> int:
    from vdmabuf_inspect.tui.app import run as run_screen

    inspection.precious = False
    code = run_screen(inspection)
    if args.keep:
        say(f"recorded in {args.keep}: {inspection.session.seq:,} events")
    return code


def _log(args: Namespace, inspection: "Inspection", seconds: float) -> int:
    """A line a message and a line a finding."""
    from vdmabuf_inspect.cli.demonstration import Ticker
    from vdmabuf_inspect.cli.loading import watch

    ticker = Ticker(inspection.session, args.color)
    interrupted = False
    try:
        watch(inspection, round(seconds * 1e9), ticker.poll)
    except KeyboardInterrupt:
        interrupted = True
    say(ticker.summary)
    if args.keep:
        say(f"recorded in {args.keep}")
    return Exit.INTERRUPTED if interrupted else Exit.CLEAN
