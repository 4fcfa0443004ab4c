"""`carve`: rings that nobody says the place of, with what speaks for each, and how to name them to other commands."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.loading import open_inspection
from vdmabuf_inspect.cli.narration import Progress, say
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.printing import add_format, print_table
from vdmabuf_inspect.errors import SourceError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.sources.carved import Carved


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.add_argument("--least", metavar="SCORE", help="list what scores at least so much of 100 (default 50)")
    add_format(parser)
    add_judging(parser)


def run(args: Namespace) -> int:
    """Search and list. Raises InspectError; KeyboardInterrupt ends the search."""
    from vdmabuf_inspect.views.formats.carved import carved_table

    inspection = open_inspection(args, args.source)
    try:
        memory = inspection.memory
        if memory is None:
            raise SourceError(f"{args.source}: holds no guest memory; give a memory dump or qemu:SOCKET")
        found = _search(args, memory)
    finally:
        inspection.stop()
    print_table(args, carved_table(found), source=args.source)
    if args.format == "text" and found:
        write(["", *_options(found)])
    if not found:
        say("no ring was found; a lower --least shows what only looks a little like one")
    return Exit.CLEAN


def _search(args: Namespace, memory: "Memory") -> "list[Carved]":
    from vdmabuf_inspect.cli.options import source_options
    from vdmabuf_inspect.sources.carved import carved_queues

    least, options = _least(args.least), source_options(args)
    progress = Progress(f"searching {args.source}")
    try:
        return carved_queues(memory, options, progress, least=least)
    finally:
        progress.close()


def _options(found: "list[Carved]") -> list[str]:
    """What to paste behind another command, a line a ring; features only where they are not the usual ones."""
    from vdmabuf_inspect.model.features import Feature
    from vdmabuf_inspect.sources.carved import queue_text

    features = Feature.VERSION_1
    for each in found:
        features |= Feature(each.layout.features) & ~Feature.RING_PACKED
    options = [queue_text(each.layout) for each in found]
    options += [f"--features {int(features):#x}"] if features != Feature.VERSION_1 else []
    return [*(f"{option} \\" for option in options[:-1]), options[-1]]


def _least(text: str | None) -> int:
    from vdmabuf_inspect.sources.carved import LIKELY

    if text is None:
        return LIKELY
    if not text.isdecimal() or int(text) > 100:
        raise UsageError(f"--least {text}: give a score from 0 to 100")
    return int(text)
