"""Guest strings made harmless for a terminal: what is not printable stands as its escape."""

import re

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Control, zero-width, bidirectional and surrogate characters."""


def escape(text: str) -> str:
    """The text on one line, safe to print: `\\x1b` where an escape character stood."""
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
