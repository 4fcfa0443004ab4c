"""Standard output: data only, in large writes, and quiet when its reader has gone."""

import codecs
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

from vdmabuf_inspect.errors import InspectError

CHUNK = 1 << 16
"""Characters gathered before they are written."""


class ClosedError(Exception):
    """Nobody reads our output any more."""


def make_lenient() -> None:
    """What the terminal cannot write is no reason to fail: drawn signs become ASCII, the rest is escaped."""
    codecs.register_error("drawn", _drawn)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="drawn")


def _drawn(error: UnicodeError) -> tuple[str | bytes, int]:
    from vdmabuf_inspect.views.ascii import TABLE

    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    if ord(sign) in TABLE:
        return TABLE[ord(sign)], error.start + 1
    error.end = error.start + 1
    return codecs.backslashreplace_errors(error)


def write(lines: Iterable[str], stream: TextIO | None = None) -> None:
    """Write lines, a newline after each.

    Raises ClosedError when the reader has gone, InspectError when the device is full.
    """
    out = sys.stdout if stream is None else stream
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size > CHUNK:
            _put(out, held)
            held, size = [], 0
    _put(out, held)


def _put(out: TextIO, lines: list[str]) -> None:
    if not lines:
        return
    try:
        out.write("\n".join(lines) + "\n")
        out.flush()
    except BrokenPipeError:
        raise ClosedError from None
    except OSError as error:
        raise InspectError(f"the output cannot be written: {error.strerror or error}") from None
