"""`open`: the screen."""

from argparse import ArgumentParser, Namespace
from difflib import get_close_matches
from pathlib import Path

from vdmabuf_inspect.cli.commands import COMMANDS
from vdmabuf_inspect.cli.exits import Exit, worst
from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.loading import open_inspection, tell
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.terminal import has_screen, take_keyboard
from vdmabuf_inspect.errors import UsageError


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser, many=True)
    parser.set_defaults(follow=None)  # where it is being written
    parser.add_argument("--keep", metavar="FILE", help="leave the recording of a live source in FILE")
    parser.add_argument("--ascii", action="store_true",
        help="draw in ASCII; as where the locale knows no other signs")  # fmt: skip
    add_judging(parser)


def run(args: Namespace) -> int:
    """Show the sources, the next one when one is left. Raises InspectError."""
    _refuse_typing_error(args.sources[0])
    if not has_screen(keyboard="-" not in args.sources):
        raise UsageError(
            "the screen needs a terminal that is not dumb; without one use check, messages, buffers or stats"
        )
    if args.keep and len(args.sources) > 1:
        raise UsageError("--keep takes the recording of one source, not of several")
    if "-" in args.sources:
        take_keyboard()
    return worst([_show(args, spec) for spec in args.sources])


def _show(args: Namespace, spec: str) -> int:
    from time import perf_counter

    from vdmabuf_inspect.tui.app import run as run_screen

    inspection = open_inspection(args, spec, Path(args.keep) if args.keep else None, apart=True)
    begun = perf_counter()
    try:
        return run_screen(inspection, open_door(args), args.ascii)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    finally:
        inspection.stop()
        tell(inspection.session, perf_counter() - begun)
        if args.keep:
            say(f"recorded in {args.keep}: {inspection.session.seq:,} events")


def _refuse_typing_error(word: str) -> None:
    """A word that is no file but nearly a command is more likely that command. Raises UsageError."""
    near = get_close_matches(word, COMMANDS, 1, 0.75)
    if near and not Path(word).exists():
        raise UsageError(f"there is no file and no command called {word}; did you mean {near[0]}?")
