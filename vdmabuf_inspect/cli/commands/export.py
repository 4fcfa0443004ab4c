"""`export`: a part of a source in a file: a capture that opens again, or the messages for other programs."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.extensions import open_door
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
    add("--format", metavar="NAME", help="where FILE's name does not say it: pcapng, ndjson, csv, parquet, a plugin's")
    add("--filter", metavar="EXPR", help="only messages for which EXPR holds; a capture keeps their whole chains")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Write the file. Raises InspectError."""
    open_door(args, wide=True)
    form = args.format or _form(args.output)
    if args.filter is not None or form != "pcapng":
        _spare(args.source, args.output)
    loaded = load(args, args.source)
    try:
        told = _WRITERS.get(form, _exported)(args, loaded.session, form)
    except OSError as error:
        raise InspectError(
            f"{args.output} cannot be written: {error.strerror or error}; choose another place"
        ) from error
    say(f"exported {told} to {'standard output' if args.output == '-' else args.output}")
    remark(loaded.session)
    return loaded.exit


def _spare(source: str, output: str) -> None:
    from vdmabuf_inspect.capture.extraction import spare

    spare(source, Path(output))


def _form(output: str) -> str:
    """The format that a file's name asks for. Raises UsageError when it asks for none."""
    from vdmabuf_inspect.views.catalogue import EXPORTERS

    suffixes = {e.suffix: e.name for e in EXPORTERS.values()} | _SUFFIXES
    fits = [suffix for suffix in suffixes if output.lower().endswith(suffix)]
    if not fits:
        raise UsageError(f"-o {output}: end the name in {', '.join(suffixes)}, or give --format")
    return suffixes[max(fits, key=len)]


def _exported(args: Namespace, session: "Session", form: str) -> str:
    """What a plugin writes. Raises UsageError for a format that there is not."""
    import numpy as np

    from vdmabuf_inspect.views.catalogue import EXPORTERS
    from vdmabuf_inspect.views.messages import MessagesView

    exporter = EXPORTERS.get(form)
    if exporter is None:
        known = ", ".join([*dict.fromkeys(_SUFFIXES.values()), *EXPORTERS])
        raise UsageError(f"--format {form}: no such format; there are {known}")
    if args.output == "-":
        raise UsageError(f"{exporter.name} goes into a file, not to standard output")
    view = MessagesView(session)
    rows = np.arange(len(view)) if args.filter is None else selected(session, view, args.filter)
    return f"{exporter.write(session, rows, Path(args.output)):,} of {len(view):,} messages"


def _capture(args: Namespace, session: "Session", _form: str) -> str:
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


_WRITERS = {"pcapng": _capture, **dict.fromkeys(("ndjson", "csv", "parquet"), _messages)}


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
