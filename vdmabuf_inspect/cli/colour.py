"""Colour by severity, where somebody can see it."""

import os
import sys
from collections.abc import Callable

Paint = Callable[[str, str, str], str]

_SEVERITY = {"error": "31", "warning": "33", "note": "36"}
_BOLD, _DIM = "1", "2"


def colourful(choice: str) -> bool:
    """Whether to colour stdout: `--color`, then NO_COLOR (no-color.org), then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


def painter(choice: str) -> Paint | None:
    """How to colour a cell, given its column's name, its value and its text; None for not at all."""
    return _paint if colourful(choice) else None


def by_severity(choice: str, severity: str, text: str) -> str:
    """The text in the colour of a severity."""
    return _in(_SEVERITY.get(severity, _BOLD), text) if colourful(choice) else text


def _paint(column: str, value: str, text: str) -> str:
    if column == "severity":
        return _in(_SEVERITY.get(value, _DIM), text)
    if column in ("rule", "findings"):
        return _in(_BOLD, text) if text.strip() else text
    return text


def _in(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"
