"""Numbers as a user writes addresses and sizes: hexadecimal or decimal, with an optional binary suffix."""

import re

_NUMBER = re.compile(r"(0x[0-9a-f]+|[0-9]+)(?:([kmgt])(?:i?b)?)?", re.IGNORECASE)
_SHIFT = {"k": 10, "m": 20, "g": 30, "t": 40}
LIMIT = 1 << 64


def parse_number(text: str) -> int:
    """`0x1000`, `4096`, `4K`, `4KiB`, `4G`. Raises ValueError for anything else and from 2^64 on."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no number")
    value = int(match[1], 0 if match[1][:2].lower() == "0x" else 10) << _SHIFT.get((match[2] or "").lower(), 0)
    if value >= LIMIT:
        raise ValueError(f"{text!r} is above 64 bits")
    return value


def format_size(size: int) -> str:
    """`2 GiB`, `64 KiB`, `100 bytes`: the largest unit that divides it."""
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size and not size & (1 << shift) - 1:
            return f"{size >> shift} {unit}"
    return f"{size} bytes"
