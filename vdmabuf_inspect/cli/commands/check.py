"""`check`: every rule on every source; the exit code says what came of it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.colour import by_severity
from vdmabuf_inspect.cli.exits import Exit, worst
from vdmabuf_inspect.cli.loading import load, open_plugins
from vdmabuf_inspect.cli.narration import complain
from vdmabuf_inspect.cli.options import add_judging, add_source, settings, source_options
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.verdict import FAIL_ON, verdict
from vdmabuf_inspect.errors import InspectError

if TYPE_CHECKING:
    from vdmabuf_inspect.views.formats.judged import Judged

_FORMATS = ("text", "json", "junit", "sarif", "html")


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser, many=True)
    group = parser.add_argument_group("report")
    group.add_argument("--format", choices=_FORMATS, default="text", help="of the report (default text)")
    group.add_argument(
        "--fail-on", choices=tuple(FAIL_ON), default="error", help="least severity for exit code 1 (default error)"
    )
    add_judging(parser)


def run(args: Namespace) -> int:
    """Judge the sources one after the other; the worst exit code of all."""
    open_plugins(args)
    source_options(args), settings(args)  # a bad option is no source's fault
    codes: list[int] = []
    write(_lines(args, _judge(args, codes)))
    return worst(codes)


def _judge(args: Namespace, codes: list[int]) -> "Iterator[Judged]":
    from vdmabuf_inspect.views.formats.judged import Judged

    for spec in args.sources:
        try:
            loaded = load(args, spec)
        except InspectError as error:
            complain(str(error))
            codes.append(Exit.UNREADABLE)
            yield Judged(spec, error=str(error))
            continue
        codes.append(loaded.exit or verdict(loaded.session).exit(FAIL_ON[args.fail_on]))
        yield Judged(spec, loaded.session, path=loaded.path)
        if loaded.interrupted:
            return


def _lines(args: Namespace, sources: "Iterator[Judged]") -> Iterator[str]:
    from vdmabuf_inspect.views.formats.html import html_lines
    from vdmabuf_inspect.views.formats.junit import junit_lines
    from vdmabuf_inspect.views.formats.sarif import sarif_lines

    if args.format == "junit":
        return junit_lines(sources, FAIL_ON[args.fail_on])
    if args.format == "sarif":
        return sarif_lines(sources)
    if args.format == "html":
        return html_lines(sources)
    return _json(sources) if args.format == "json" else _text(args, sources)


def _json(sources: "Iterator[Judged]") -> Iterator[str]:
    from vdmabuf_inspect.views.findings import FindingsView
    from vdmabuf_inspect.views.formats.json_lines import header, json_lines

    for source in sources:
        if source.session is None:
            yield header("findings", source=source.name, error=source.error)
            continue
        counts = {f"{s.name.lower()}s": n for s, n in verdict(source.session).counts.items()}
        yield header("findings", source=source.name, complete=not source.incomplete, **counts)
        view = FindingsView(source.session)
        yield from json_lines(view, 0, len(view))


def _text(args: Namespace, sources: "Iterator[Judged]") -> Iterator[str]:
    from vdmabuf_inspect.views.formats.escape import escape
    from vdmabuf_inspect.views.formats.judged import told

    for source in sources:
        if source.session is None:
            continue
        for finding in told(source.session):
            row = finding.row
            severity = by_severity(args.color, row["severity"], row["severity"])
            marks = ", ".join(filter(None, (row["queue"], row["buffer"], row["culprit"], row["confidence"])))
            what = escape(f"{row['rule']} {row['slug']}: {row['message']} [{marks}]")
            yield f"{escape(source.name)}:{row['seq']}: {severity}: {what}"
        session = source.session
        seen = f"{_count(len(session.messages), 'message')}, {_count(len(session.objects), 'buffer')}"
        yield f"{escape(source.name)}: {verdict(session).sentence}; {seen}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
