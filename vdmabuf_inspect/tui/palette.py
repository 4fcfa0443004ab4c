"""How values look: a glyph and an ink for each, so that nothing is said by colour alone."""

from collections.abc import Mapping
from typing import Any

from vdmabuf_inspect.rules.registry import RULES

INKS = (
    "error", "warning", "note", "good", "quiet", "accent", "driver", "device", "busy",
    "buffer0", "buffer1", "buffer2", "buffer3", "buffer4", "buffer5",
)  # fmt: skip
"""Names of the inks; the style sheet gives each its colour."""

BUFFER_INKS = 6
"""Buffers are told apart by so many colours, their names beside."""
_SEVERITY = {"error": "error", "warning": "warning", "note": "note"}
_STATE = {
    "none": "quiet", "exporting": "busy", "exported": "good", "withdrawn": "warning", "released": "quiet",
    "outstanding": "busy", "used": "quiet", "presumed": "note", "destroyed": "quiet", "removed": "quiet",
}  # fmt: skip
_DIRECTION = {"to-device": "driver", "to-driver": "device"}
_COMMAND = {
    "EXPORT": "driver", "DMABUF_REL": "device", "UNEXPORT": "warning", "NEED_VMID": "accent", "UNKNOWN": "error",
}  # fmt: skip
_CONFIDENCE = {"possible": "quiet"}
_TABLES: Mapping[str, Mapping[str, str]] = {
    "severity": _SEVERITY, "state": _STATE, "direction": _DIRECTION, "command": _COMMAND, "confidence": _CONFIDENCE,
}  # fmt: skip
_ALWAYS = {
    "seq": "quiet", "time_ns": "quiet", "first_seq": "quiet", "last_seq": "quiet", "key": "quiet",
    "problem": "error", "rule": "accent",
}  # fmt: skip

GLYPHS = {"error": "✖", "warning": "▲", "note": "i"}
"""Severity glyphs."""


def ink(column: str, value: Any) -> str:
    """The ink of a value in a column; empty for the ordinary one."""
    table = _TABLES.get(column)
    if table is not None:
        return table.get(str(value), "")
    if column == "findings":
        return worst(value)
    if column == "buffer":
        return buffer_ink(value)
    if column == "missed":
        return "warning" if value else "quiet"
    return _ALWAYS.get(column, "")


def buffer_ink(name: str | None) -> str:
    """A buffer's own ink: the same wherever and whenever it is shown; empty for none."""
    if not name:
        return ""
    number = sum(ord(letter) * 31**place for place, letter in enumerate(reversed(name)))
    return f"buffer{number % BUFFER_INKS}"


def worst(codes: list[str]) -> str:
    """The name of the worst severity among rules; empty for none."""
    severities = [RULES[code].severity for code in codes if code in RULES]
    return max(severities).name.lower() if severities else ""


def words(column: str, value: Any) -> str | None:
    """The text of a value where the screen says more than its column does; None elsewhere."""
    if column == "findings" and value:
        return f"{GLYPHS.get(worst(value), '')} {' '.join(value)}".strip()
    return None
