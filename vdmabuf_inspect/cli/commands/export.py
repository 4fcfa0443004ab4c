"""`export`: a part of a source in a file: a capture that opens again, or the messages for other programs."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.loading import load, remark
from vdmabuf_inspect.cli.narration import Progress, say
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.output import ClosedError, write
from vdmabuf_inspect.cli.viewing import selected, view_of
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.model.record import Record
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.base import View

_SUFFIXES = {".pcapng": "pcapng", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".parquet": "parquet"}


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    group = parser.add_argument_group("export")
    add = group.add_argument
    add(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help="what to write: .pcapng, .ndjson, .csv or .parquet; - is stdout",
    )
    add("--format", choices=tuple(dict.fromkeys(_SUFFIXES.values())), help="where FILE's name does not say it")
    add("--filter", metavar="EXPR", help="only messages for which EXPR holds; a capture keeps their whole chains")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Write the file. Raises InspectError."""
    form = args.format or _SUFFIXES.get(Path(args.output).suffix.lower())
    if form is None:
        raise UsageError(f"-o {args.output}: end the name in {', '.join(_SUFFIXES)}, or give --format")
    loaded = load(args, args.source)
    try:
        told = _capture(args, loaded.session) if form == "pcapng" else _messages(args, loaded.session, form)
    except OSError as error:
        raise InspectError(
            f"{args.output} cannot be written: {error.strerror or error}; choose another place"
        ) from error
    say(f"exported {told} to {'standard output' if args.output == '-' else args.output}")
    remark(loaded.session)
    return loaded.exit


def _capture(args: Namespace, session: "Session") -> str:
    import numpy as np

    from vdmabuf_inspect.capture.extraction import write_capture
    from vdmabuf_inspect.views.extract import extract, records
    from vdmabuf_inspect.views.messages import MessagesView

    if args.filter is None:
        rows, why = np.arange(len(session.events)), ""
    else:
        rows = extract(session, selected(session, MessagesView(session), args.filter))
        why = f"part of {args.source}: {args.filter}"
    queues = {(queue.device, queue.index): queue.name for queue in session.queues.queues}
    target = sys.stdout.fileno() if args.output == "-" else Path(args.output)
    progress = Progress(f"writing {args.output}")
    try:
        count = write_capture(target, queues, _counted(records(session, rows, why), len(rows), progress))
    except InspectError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise ClosedError from None
        raise
    finally:
        progress.close()
    return f"{count:,} of {session.seq:,} events"


def _messages(args: Namespace, session: "Session", form: str) -> str:
    from vdmabuf_inspect.views.messages import MessagesView

    view = view_of(session, MessagesView, None, args.filter)
    if form == "parquet":
        _parquet(args, view)
    elif args.output == "-":
        write(_text(args, view, form))
    else:
        with Path(args.output).open("w", encoding="utf-8", newline="") as file:
            write(_text(args, view, form), file)
    return f"{len(view):,} of {len(session.messages):,} messages"


def _text(args: Namespace, view: "View", form: str) -> Iterable[str]:
    from vdmabuf_inspect.views.formats.delimited import csv_lines
    from vdmabuf_inspect.views.formats.json_lines import header, json_lines

    if form == "csv":
        yield from csv_lines(view, 0, len(view))
        return
    yield header("messages", source=args.source, rows=len(view), **({"filter": args.filter} if args.filter else {}))
    yield from json_lines(view, 0, len(view))


def _parquet(args: Namespace, view: "View") -> None:
    from vdmabuf_inspect.views.formats.parquet import write_parquet

    if args.output == "-":
        raise UsageError("Parquet goes into a file, not to standard output")
    progress = Progress(f"writing {args.output}")
    try:
        write_parquet(view, Path(args.output), progress)
    finally:
        progress.close()


def _counted(records: "Iterable[Record]", total: int, progress: Progress) -> "Iterable[Record]":
    for place, record in enumerate(records):
        if not place & 0xFFF:
            progress(place / total)
        yield record
