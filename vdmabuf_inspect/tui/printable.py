"""Text from a guest made safe for a terminal: one line, no control or direction characters, known width."""

from unicodedata import category

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of controls, formats, surrogates, private and unassigned characters, line separators."""


def printable(text: str) -> str:
    """The text with every character that is not one visible sign shown as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(ord(ch)) if category(ch) in _UNSAFE else ch for ch in text)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
