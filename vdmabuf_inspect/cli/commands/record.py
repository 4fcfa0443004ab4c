"""`record`: a live source into a capture that is whole at any time."""

import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import add_source, duration_ns, number, source_options
from vdmabuf_inspect.cli.output import ClosedError
from vdmabuf_inspect.cli.recording import Meter, ended_by_signal, ended_in_time
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.capture.writer import Recorder
    from vdmabuf_inspect.sources.base import Producer

_ENDED: dict[int, Exit] = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    group = parser.add_argument_group("recording")
    add = group.add_argument
    add("-o", "--output", metavar="FILE", required=True, help="the capture (pcapng) to write; - is standard output")
    add("--count", metavar="N", help="end after so many events")
    add("--ring-buffer", metavar="SIZE",
        help="keep the newest SIZE bytes: FILE and, before it, FILE's name with '.older' (64K at least)")  # fmt: skip


def run(args: Namespace) -> int:
    """Record until the source ends, a limit is reached or a signal comes. Raises InspectError."""
    from vdmabuf_inspect.session.load import run_into

    meter = Meter(_producer(args), number("--count", args.count) or 0)
    writer = _writer(args)
    say(meter.status())
    try:
        with ended_by_signal(meter) as signals, ended_in_time(meter, duration_ns(args)):
            run_into(meter, writer)
    except InspectError as error:
        if args.output == "-" and isinstance(error.__cause__, BrokenPipeError):
            raise ClosedError from None
        raise
    finally:
        meter.close()
        _close(writer)
        say(f"recorded {meter.count:,} events in {_where(args)}")
    return _ENDED[signals[0]] if signals else Exit.CLEAN


def _producer(args: Namespace) -> "Producer":
    from vdmabuf_inspect.sources.base import CapturePath
    from vdmabuf_inspect.sources.open import open_source

    source = open_source(args.source, source_options(args))
    if isinstance(source, CapturePath):
        raise UsageError(f"{args.source} is a capture already; 'export' writes a part of it")
    return source


def _writer(args: Namespace) -> "Recorder":
    from vdmabuf_inspect.capture.ringbuffer import SMALLEST, RingBuffer
    from vdmabuf_inspect.capture.writer import CaptureWriter

    limit = number("--ring-buffer", args.ring_buffer)
    if limit is None:
        return CaptureWriter(sys.stdout.fileno() if args.output == "-" else args.output)
    if args.output == "-":
        raise UsageError("--ring-buffer needs a file, not standard output")
    if limit < SMALLEST:
        raise UsageError(f"--ring-buffer {args.ring_buffer}: {SMALLEST >> 10}K is the least")
    return RingBuffer(Path(args.output), limit)


def _close(writer: "Recorder") -> None:
    """Close, without a second complaint where the file could not be written before."""
    failed = sys.exc_info()[0] is not None
    try:
        writer.close()
    except InspectError:
        if not failed:
            raise


def _where(args: Namespace) -> str:
    if args.output == "-":
        return "standard output"
    if args.ring_buffer is None:
        return str(args.output)
    path = Path(args.output)
    older = path.with_name(f"{path.stem}.older{path.suffix}")
    return f"{older} and {path}" if older.exists() else str(path)
