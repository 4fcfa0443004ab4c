"""Durations as a user writes them."""

import re

from vdmabuf_inspect.errors import UsageError

_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s|m|h)?")


def nanoseconds(text: str) -> int:
    """`500ms`, `2s`, `1.5m`; a bare number is seconds. Raises UsageError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is no duration; write 500ms, 2s or 1.5m")
    return round(float(match[1]) * _UNITS[match[2] or "s"])
