"""`record`: a live source into a capture that is whole at any time."""

import signal
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.modes import help_lines
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import add_judging, add_source, duration_ns, number, source_options
from vdmabuf_inspect.cli.output import ClosedError
from vdmabuf_inspect.cli.recording import Limited, Tally, ended_by_signal, ended_in_time
from vdmabuf_inspect.cli.target import Target
from vdmabuf_inspect.cli.until import Wait
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.sources.base import Producer

EXAMPLES = (
    "examples:",
    "  record qemu:/tmp/qmp -o g.pcapng --rotate 100M --files 5     the newest 500 MB, in files of their own",
    "  record qemu:/tmp/qmp -o g.pcapng --until 'rule == VL5*' --before 30s --after 2s",
    "  ssh host vdmabuf-inspect record qemu:/tmp/qmp -o - | vdmabuf-inspect -",
    "",
    "A file that was cut anywhere reads up to its last whole record. Events that the file does not take in time are",
    "dropped and counted as missed: the guest never waits for it.",
    "exit codes: 0 ended as asked, 2 could not record, 4 what --until waits for never came, 130 and 143 by a signal,",
    "141 nobody reads standard output any more",
)
_ENDED: dict[int, Exit] = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.epilog = "\n".join((*EXAMPLES, "", *help_lines()))
    group = parser.add_argument_group("recording")
    add = group.add_argument
    add("-o", "--output", metavar="FILE", required=True, help="the capture (pcapng) to write; - is standard output")
    add("--count", metavar="N", help="end after so many events")
    add("--size", metavar="SIZE", help="end after so many bytes: 10M")
    add("--rotate", metavar="SIZE|TIME",
        help="a new file after so much (10M, 5m, or both: 10M,5m), FILE's name with a number and the time; each file "
             "can be read alone")  # fmt: skip
    add("--files", metavar="N", help="with --rotate, keep the newest N files")
    add("--ring-buffer", metavar="SIZE",
        help="keep the newest SIZE bytes: FILE and, before it, FILE's name with '.older' (64K at least)")  # fmt: skip
    trigger = parser.add_argument_group("trigger").add_argument
    trigger("--until", metavar="EXPR",
        help="end when a filter holds of a message, chain or finding: 'rule == VL5*', 'cmd == EXPORT && pages > 64', "
             "'chains: latency > 5ms', 'buffers: age > 10s'; exit code 4 when it ended without")  # fmt: skip
    trigger("--before", metavar="EXTENT",
        help="keep no more than this before it: 1000 (events), 10M (bytes), 30s (time); default all")  # fmt: skip
    trigger("--after", metavar="EXTENT", help="go on for so much after it (default 1s)")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Record until the source ends, a limit is reached or a signal comes. Raises InspectError."""
    target = Target(args)
    return _until(args, target) if args.until is not None else _all(args, target)


def _all(args: Namespace, target: Target) -> int:
    from vdmabuf_inspect.session.spool import run_into
    from vdmabuf_inspect.sources.pace import give_way

    if args.before or args.after:
        raise UsageError("--before and --after go with --until")
    producer = Limited(_producer(args), number("--count", args.count) or 0)
    tally = Tally(target.open(), producer, number("--size", args.size) or 0)
    say(producer.status())
    if args.poll is None:
        give_way()
    try:
        with ended_by_signal(producer) as signals, ended_in_time(producer, duration_ns(args)):
            run_into(producer, tally)
        if not producer.stopped:
            say(producer.status())
    except InspectError as error:
        if target.piped and isinstance(error.__cause__, BrokenPipeError):
            raise ClosedError from None
        raise
    finally:
        _close(tally)
        say(f"recorded {tally.sentence} in {target}")
    return _ENDED[signals[0]] if signals else Exit.CLEAN


def _until(args: Namespace, target: Target) -> int:
    """Record and judge until the trigger's tail is in the file; then write what was asked for."""
    if target.parted:
        raise UsageError("--until writes one file; --before says how much of what came earlier is kept")
    wait = Wait(args)
    say(wait.producer.status())
    try:
        with ended_by_signal(wait.producer) as signals, ended_in_time(wait.producer, duration_ns(args)):
            wait.inspection.run()
        wait.write()
    except InspectError as error:
        if target.piped and isinstance(error.__cause__, BrokenPipeError):
            raise ClosedError from None
        raise
    finally:
        if wait.tally is not None:
            say(f"recorded {wait.tally.sentence} in {target}")
    return _ENDED[signals[0]] if signals else wait.exit


def _producer(args: Namespace) -> "Producer":
    from vdmabuf_inspect.sources.base import CapturePath
    from vdmabuf_inspect.sources.open import open_source
    from vdmabuf_inspect.sources.page_walk import PageWalk

    source = open_source(args.source, source_options(args))
    if isinstance(source, CapturePath):
        raise UsageError(f"{args.source} is a capture already; 'export' writes a part of it")
    return PageWalk(source, args.dialect)


def _close(tally: Tally) -> None:
    """Close, without a second complaint where the file could not be written before."""
    failed = sys.exc_info()[0] is not None
    try:
        tally.close()
    except InspectError:
        if not failed:
            raise
