"""Text from a guest made safe for a terminal: one line, no control or direction characters, known width."""

import re

from rich.cells import cell_len, set_cell_size

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
ELLIPSIS = "…"


def printable(text: str) -> str:
    """The text with every control, zero-width and bidirectional character shown as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def fitted(text: str, width: int, right: bool = False) -> str:
    """Exactly `width` cells of the text, safe, cut with an ellipsis, aligned left or right."""
    if width <= 0:
        return ""
    text = printable(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ELLIPSIS
    room = " " * (width - length)
    return room + text if right else text + room
