"""The line that says what is being looked at, where the cursor stands, and how bad it is."""

import re
from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.sources.base import Mode
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.palette import GLYPHS
from vdmabuf_inspect.tui.printable import fitted, printable
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.names import seconds

_MODES = {
    Mode.LIVE: ("●", "live", "error"),
    Mode.CAPTURE: ("▪", "capture", "quiet"),
    Mode.SNAPSHOT: ("◆", "snapshot", "accent"),
}
_BAR = 12
_PROBLEM = 40
"""Cells of the line that say why reading ended early."""
_READ = 0.995
"""A growing capture of which so much was read is only waited for."""


class Piece(NamedTuple):
    """Words with an ink. `weight`: what matters more is larger; the lightest piece goes first where room is short."""

    text: str
    ink: str
    weight: int


def pieces(board: Board) -> list[Piece]:
    """The status of a board, from left to right."""
    return [
        *_source(board), *_errand(board), *_place(board), *_points(board), *_waits(board), *_counts(board),
        *_devices(board),
    ]  # fmt: skip


def fit_pieces(parts: list[Piece], width: int, gap: int = 2) -> list[Piece]:
    """The pieces that fit into `width` cells; the lightest ones are left out."""
    parts = [part for part in parts if part.text]
    while parts and sum(len(p.text) for p in parts) + gap * (len(parts) - 1) > width:
        parts.remove(min(parts, key=lambda p: p.weight))
    return parts


def progress_bar(done: float, width: int = _BAR) -> str:
    """`done` from 0 to 1 as cells."""
    full = int(max(0.0, min(1.0, done)) * width)
    return "━" * full + "╌" * (width - full)


def _source(board: Board) -> list[Piece]:
    glyph, name, ink = _MODES[board.inspection.mode]
    if board.session.finished and board.inspection.mode is Mode.LIVE:
        glyph, name, ink = "○", "ended", "quiet"
    parts = [Piece(f"{glyph} {name}", ink, 8), Piece(printable(_short(board.session.name)), "", 4)]
    if not board.session.finished and board.inspection.mode is not Mode.LIVE:
        done = board.pulse.progress
        waiting = board.inspection.growing and done > _READ
        bar = "● growing" if waiting else f"reading {progress_bar(done)} {done:4.0%}"
        parts.append(Piece(bar, "good" if waiting else "busy", 9))
    if board.session.problem:
        parts.append(Piece(f"✖ {fitted(_short(board.session.problem), _PROBLEM).strip()}", "error", 8))
    elif board.inspection.mode is Mode.LIVE:
        parts.append(Piece(printable(_short(board.pulse.status)), "quiet", 2))
    return parts


def _place(board: Board) -> list[Piece]:
    cursor, session = board.cursor, board.session
    if not cursor.newest:
        return [Piece("no event yet", "quiet", 7)]
    row = max(0, cursor.seq - 1)
    parts = [Piece(f"event {cursor.seq:,} of {cursor.end:,}", "", 10)]
    parts.append(Piece(f"{seconds(session, int(session.events.time_ns[row]))} s", "quiet", 6))
    if board.playing:
        parts.append(Piece(f"▶ playing {board.playing}, any key stops", "accent", 9))
    if cursor.paused:
        parts.append(Piece(f"‖ paused, +{cursor.behind:,} behind", "warning", 9))
    elif cursor.following:
        parts.append(Piece("▼ following" if not session.finished else "▼ end", "good", 5))
    return parts


def _errand(board: Board) -> list[Piece]:
    """What runs beside the screen, and how to end it."""
    errand = board.errand
    return [Piece(f"{errand.name} {progress_bar(errand.done)} esc ends", "busy", 11)] if errand else []


def _points(board: Board) -> list[Piece]:
    return [Piece(" ".join(f"{name} #{seq:,}" for name, seq in sorted(board.points.items())), "accent", 7)]


def _waits(board: Board) -> list[Piece]:
    """The first queue that makes no progress, and how many more."""
    waits = board.pulse.waits
    more = f" (+{len(waits) - 1})" if len(waits) > 1 else ""
    return [Piece(f"⧗ {printable(waits[0])}{more}", "warning", 9)] if waits else []


def _counts(board: Board) -> list[Piece]:
    found = evidence(board.session)
    counts = np.bincount(found.severities, minlength=4)
    parts = [Piece(f"∅ {found.silenced:,} silenced", "quiet", 8)] if found.silenced else []
    for severity, weight in ((Severity.ERROR, 9), (Severity.WARNING, 8), (Severity.NOTE, 3)):
        name, count = severity.name.lower(), int(counts[severity])
        parts.append(Piece(f"{GLYPHS[name]} {count:,}", name if count else "quiet", weight))
    return parts


def _devices(board: Board) -> list[Piece]:
    names = {
        d.dialect.name: bool(d.verdict and d.verdict.ambiguous) for d in board.session.vdmabuf.values() if d.dialect
    }
    text = ", ".join(f"{name}?" if unsure else name for name, unsure in sorted(names.items()))
    return [Piece(text, "accent", 5)]


def _short(name: str) -> str:
    """Paths without their folders, also within a URI."""
    return re.sub(r"[^,:@=\s]*/(?=[^/])", "", name)
