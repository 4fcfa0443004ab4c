"""Bytes as hexadecimal lines."""

from collections.abc import Iterator

_WIDTH = 16


def hex_lines(data: bytes, indent: str = "  ") -> Iterator[str]:
    """Sixteen bytes a line: offset, hex, ASCII. Runs of zero lines become one `*`, the end offset closes."""
    zero = bytes(_WIDTH)
    skipped = False
    for at in range(0, len(data), _WIDTH):
        line = data[at : at + _WIDTH]
        if line == zero and at and data[at - _WIDTH : at] == zero:
            if not skipped:
                yield f"{indent}*"
            skipped = True
            continue
        skipped = False
        text = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in line)
        yield f"{indent}{at:04x}  {line[:8].hex(' '):<23}  {line[8:].hex(' '):<23}  |{text}|"
    if data:
        yield f"{indent}{len(data):04x}"
