"""Durations, sizes and counts as a user writes them."""

import re
from dataclasses import dataclass
from enum import Enum

from vdmabuf_inspect.errors import UsageError

_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)?")


class Unit(Enum):
    """What an extent is measured in."""

    EVENTS = "events"
    BYTES = "bytes"
    NANOSECONDS = "ns"


@dataclass(frozen=True)
class Extent:
    """So much of a recording."""

    value: int
    unit: Unit


def nanoseconds(text: str) -> int:
    """`500ms`, `2s`, `1.5m`; a bare number is seconds. Raises UsageError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is no duration; write 500ms, 2s or 1.5m")
    return round(float(match[1]) * _UNITS[match[2] or "s"])


def extent(text: str) -> Extent:
    """`1000` events, `64K` or `10M` bytes, `500ms`, `2s` or `5m` of time: small m is minutes. Raises UsageError."""
    from vdmabuf_inspect.sources.number import parse_number

    text = text.strip()
    if text.isdecimal():
        return Extent(int(text), Unit.EVENTS)
    if (match := _DURATION.fullmatch(text)) and match[2]:
        return Extent(nanoseconds(text), Unit.NANOSECONDS)
    try:
        return Extent(parse_number(re.sub(r"^(\d+)B$", r"\1", text)), Unit.BYTES)
    except ValueError:
        raise UsageError(f"{text!r} is none of 1000 (events), 10M (bytes), 500ms, 2s, 5m (time)") from None
