"""One construct declaration, four uses: batch dtype, byte spans, one-message parse and build.

Only a small, fixed-size part of construct is used: Struct, the integer fields, Enum and FlagsEnum, Bytes and Array.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from construct import Array, BytesInteger, Construct, Enum, FlagsEnum, FormatField, Renamed, Struct

from vdmabuf_inspect.protocols.explained import Counted

_ORDER = {"<": "<", ">": ">", "=": "="}
_CODE = {"B": "u1", "H": "u2", "L": "u4", "Q": "u8", "b": "i1", "h": "i2", "l": "i4", "q": "i8"}


@dataclass(frozen=True, slots=True)
class Span:
    """Where a field stands in its message: `path` is dotted, `offset` and `size` are bytes."""

    path: str
    offset: int
    size: int


def _bare(con: Any) -> Construct:
    while isinstance(con, (Renamed, Enum, FlagsEnum, Counted)):
        con = con.subcon
    return con


def dtype_of(con: Any) -> np.dtype[Any]:
    """The NumPy dtype with the same bytes as a fixed-size declaration.

    Raises TypeError for a declaration that has no fixed layout.
    """
    con = _bare(con)
    if isinstance(con, Struct):
        return np.dtype([(sub.name, dtype_of(sub)) for sub in con.subcons])
    if isinstance(con, FormatField):
        return np.dtype(_ORDER[con.fmtstr[0]] + _CODE[con.fmtstr[1]])
    if isinstance(con, Array):
        return np.dtype((dtype_of(con.subcon), (con.count,)))
    if isinstance(con, BytesInteger):
        raise TypeError("an integer of odd width has no NumPy dtype")
    return np.dtype(("u1", (con.sizeof(),)))


def leaves_of(con: Any, prefix: str = "", offset: int = 0) -> tuple[tuple[Span, Construct], ...]:
    """Every leaf field with its place and its declaration, in message order."""
    con = _bare(con)
    if not isinstance(con, Struct):
        return ((Span(prefix, offset, con.sizeof()), con),)
    leaves: list[tuple[Span, Construct]] = []
    for sub in con.subcons:
        path = f"{prefix}.{sub.name}" if prefix else str(sub.name)
        leaves += leaves_of(sub, path, offset)
        offset += sub.sizeof()
    return tuple(leaves)


def spans_of(con: Any, prefix: str = "", offset: int = 0) -> tuple[Span, ...]:
    """Every leaf field with its place, in message order."""
    return tuple(span for span, _ in leaves_of(con, prefix, offset))
