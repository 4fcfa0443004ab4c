"""Names that stand in files, fit for one line on a screen."""

LIMIT = 255


def printable(data: bytes) -> str:
    """At most LIMIT characters of a name; what cannot be shown as one is a question mark."""
    return "".join(char if char.isprintable() else "?" for char in data[:LIMIT].decode("utf-8", "replace"))
