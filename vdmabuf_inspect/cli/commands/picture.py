"""`picture`: what a buffer shows, on the terminal or as a PNG file."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.drawing import GRAPHICS, drawn
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.options import add_judging, add_source, number
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.readable import LATEST, Readable
from vdmabuf_inspect.errors import InspectError

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.picture import Picture
    from vdmabuf_inspect.session.session import Session


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    add = parser.add_argument
    add("buffer", metavar="BUFFER", help=f"short name (7:42), the start of the identifier in hex, or {LATEST!r}")
    add("-o", "--output", metavar="FILE", help="write a PNG; - for standard output (default: show it here)")
    group = parser.add_argument_group("picture", "what the private data of the export does not say, or says wrong")
    for name in ("width", "height", "stride", "modifier"):
        group.add_argument(f"--{name}", metavar="N")
    group.add_argument("--fourcc", metavar="CODE", help="DRM format: XR24, NV12, ...")
    add("--graphics", choices=GRAPHICS, default="auto", help="how to show it (default: what the terminal says it has)")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Read the picture and write or show it. Raises InspectError."""
    given = {name: number(f"--{name}", getattr(args, name)) for name in ("width", "height", "stride", "modifier")}

    def take(session: "Session", buffer: int, seq: int, memory: "Memory") -> "Picture":
        from vdmabuf_inspect.views.buffer_bytes import buffer_bytes, buffer_picture, picture_layout

        found = buffer_bytes(session, buffer, seq, memory)
        layout = picture_layout(session, buffer, seq, memory, fourcc=args.fourcc, **given)
        if found.remark:
            say(found.remark)
        return buffer_picture(found, layout)

    readable = Readable(args, take)
    loaded = readable.run()
    assert readable.result is not None
    _put(readable.result, args)
    if readable.result.absent:
        say(f"{readable.result.absent} bytes of the picture could not be read; a checkerboard stands in their lines")
    return loaded.exit


def _put(picture: "Picture", args: Namespace) -> None:
    from vdmabuf_inspect.picture import png

    if args.output is None:
        write(drawn(picture, args.graphics))
        return
    data = png(picture.rgb)
    if args.output == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        Path(args.output).write_bytes(data)
    except OSError as error:
        raise InspectError(f"{args.output} cannot be written: {error.strerror}; choose another place") from error
    say(f"{picture.width} × {picture.height} pixels, {len(data):,} bytes in {args.output}")
