"""`buffer`: one buffer's whole life."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.loading import Loaded, load, remark
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.viewing import moment
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.life import Life

_OFFERED = 5


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.add_argument("buffer", metavar="ID", help="short name (7:42, 7:42b) or the start of the identifier in hex")
    parser.add_argument("--at", metavar="SEQ", help="as of event SEQ, not of the end")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or JSON lines")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Print the page of each buffer that is called so. Raises InspectError."""
    loaded = load(args, args.source, glance=True)
    lives = list(_lives(args, loaded))
    if not lives:
        raise UsageError(f"buffer {args.buffer}: none is called so{_known(loaded.session, args.buffer)}")
    write(_lines(args, loaded.session, lives))
    remark(loaded.session)
    return loaded.exit


def _lives(args: Namespace, loaded: Loaded) -> "Iterator[Life]":
    from vdmabuf_inspect.views.life import life
    from vdmabuf_inspect.views.names import find_buffer

    seq = moment(args.at, loaded.session)
    for number in find_buffer(loaded.session, args.buffer):
        if seq is None or loaded.session.objects.first[number] < seq:
            yield life(loaded.session, number, seq, loaded.memory)


def _lines(args: Namespace, session: "Session", lives: "list[Life]") -> Iterator[str]:
    from vdmabuf_inspect.views.formats.buffer_page import buffer_lines, buffer_value
    from vdmabuf_inspect.views.formats.json_lines import header, json_line

    if args.format == "json":
        yield header("buffer", source=args.source)
        yield from (json_line(buffer_value(each)) for each in lives)
        return
    for place, each in enumerate(lives):
        if place:
            yield ""
        yield from buffer_lines(each, int(session.events.time_ns[0]))


def _known(session: "Session", wanted: str) -> str:
    from vdmabuf_inspect.views.names import buffer_name

    names = [buffer_name(session, i) for i in range(len(session.objects))]
    near = get_close_matches(wanted, names, _OFFERED, 0.5) or names[:_OFFERED]
    more = " and more" if len(names) > len(near) else ""
    return f"; there are {', '.join(near)}{more}" if names else "; there is none"
