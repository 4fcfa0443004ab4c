"""`buffer`: one buffer's whole life."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.loading import Loaded, load, remark
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import add_judging, add_source, number
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.viewing import moment
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.life import Life
    from vdmabuf_inspect.views.memory_bytes import MemoryBytes

_OFFERED = 5


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.add_argument("buffer", metavar="ID", help="short name (7:42, 7:42b) or the start of the identifier in hex")
    parser.add_argument("--at", metavar="SEQ", help="as of event SEQ, not of the end")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or JSON lines")
    parser.add_argument("--page", metavar="N", help="the bytes of its page N, from 0, instead")
    parser.add_argument("--save", metavar="FILE", help="write the bytes of the buffer into FILE instead")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Print the page of each buffer that is called so. Raises InspectError."""
    if args.page is not None or args.save is not None:
        return _bytes(args)
    loaded = load(args, args.source, glance=True)
    lives = list(_lives(args, loaded))
    if not lives:
        raise UsageError(f"buffer {args.buffer}: none is called so{_known(loaded.session, args.buffer)}")
    write(_lines(args, loaded.session, lives))
    remark(loaded.session)
    return loaded.exit


def _bytes(args: Namespace) -> int:
    """One page as hex, or all bytes into a file."""
    from vdmabuf_inspect.cli.readable import Readable
    from vdmabuf_inspect.views.buffer_bytes import buffer_bytes
    from vdmabuf_inspect.views.formats.hexadecimal import hex_lines

    page = number("--page", args.page)

    def take(session: "Session", buffer: int, seq: int, memory: "Memory") -> tuple[bytes, int]:
        found = buffer_bytes(session, buffer, seq, memory)
        return (found.page(page), 0) if page is not None else _saved(found, args.save)

    readable = Readable(args, take)
    loaded = readable.run()
    data, absent = readable.result or (b"", 0)
    if page is not None:
        write(hex_lines(data))
    if absent:
        say(f"{absent} bytes are not in the memory at hand; zeros stand for them")
    return loaded.exit


def _saved(found: "MemoryBytes", target: str) -> tuple[bytes, int]:
    """Write the buffer; how many bytes of it are absent. Raises InspectError."""
    absent = 0
    try:
        with Path(target).open("wb") as file:
            for piece, missing in found.pieces():
                file.write(piece)
                absent += missing
    except OSError as error:
        raise InspectError(f"{target} cannot be written: {error.strerror}; choose another place") from error
    say(f"{found.size:,} bytes in {target}")
    return b"", absent


def _lives(args: Namespace, loaded: Loaded) -> "Iterator[Life]":
    from vdmabuf_inspect.views.life import life
    from vdmabuf_inspect.views.namesakes import find_buffer

    seq = moment(args.at, loaded.session)
    for found in find_buffer(loaded.session, args.buffer):
        if seq is None or loaded.session.objects.first[found] < seq:
            yield life(loaded.session, found, seq, loaded.memory)


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
