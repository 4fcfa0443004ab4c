"""`show`: one event whole."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.loading import load, remark
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.errors import UsageError


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.add_argument("seq", metavar="SEQ", help="the event's sequence number, from 1")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or JSON lines")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Print the event's page. Raises InspectError."""
    from vdmabuf_inspect.views.detail import detail
    from vdmabuf_inspect.views.formats.event_page import event_lines, event_value
    from vdmabuf_inspect.views.formats.json_lines import header, json_line

    loaded = load(args, args.source)
    count = loaded.session.seq
    number = args.seq.removeprefix("#")
    if not number.isdecimal() or not 1 <= int(number) <= count:
        raise UsageError(f"event {args.seq}: give a sequence number from 1 to {count}")
    event = detail(loaded.session, int(number))
    if args.format == "json":
        write([header("event", source=args.source), json_line(event_value(event))])
    else:
        write(event_lines(event))
    remark(loaded.session)
    return loaded.exit
