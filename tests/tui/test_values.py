"""The parts that know no widgets: cursor, columns, ring picture, safe text, times, hops, fields."""

from pathlib import Path
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.tui import hops
from vdmabuf_inspect.tui.clock import TimeFormat
from vdmabuf_inspect.tui.cursor import TimeCursor
from vdmabuf_inspect.tui.field_rows import field_rows, row_of_byte, row_of_path
from vdmabuf_inspect.tui.palette import GLYPHS, INKS, ink, words
from vdmabuf_inspect.tui.printable import fitted, printable
from vdmabuf_inspect.tui.ring_grid import GLYPHS as SIGNS
from vdmabuf_inspect.tui.ring_strip import ring_strip
from vdmabuf_inspect.tui.selection import Selection
from vdmabuf_inspect.tui.status import Piece, fit_pieces, progress_bar
from vdmabuf_inspect.tui.widgets.fit import GAP, fit
from vdmabuf_inspect.tui.widgets.prompt import pointed
from vdmabuf_inspect.views.base import Column
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.ring_part import SlotState


def test_the_cursor_follows_stays_and_pauses() -> None:
    cursor = TimeCursor()
    assert cursor.grown(10)
    assert (cursor.seq, cursor.following) == (10, True)
    cursor.go(4)
    cursor.grown(20)
    assert (cursor.seq, cursor.following, cursor.end) == (4, False, 20)
    cursor.pause()
    assert not cursor.grown(50)
    assert (cursor.end, cursor.behind) == (20, 30)
    cursor.go(99)
    assert (cursor.seq, cursor.following) == (20, True)
    cursor.grown(60)
    assert cursor.seq == 20, "a paused display stays, though it follows"
    cursor.pause()
    assert (cursor.seq, cursor.behind) == (60, 0)
    cursor.go(0)
    assert cursor.seq == 1
    cursor.pause()
    cursor.grown(70)
    cursor.follow()
    assert (cursor.seq, cursor.paused) == (70, False)


names = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(names, st.lists(st.integers(1, 40), min_size=8, max_size=8), names, st.integers(1, 120), st.integers(8, 40))
def test_columns_fit_and_the_most_important_stay(
    order: list[str], widths: list[int], keep: list[str], width: int, least: int
) -> None:
    columns = [Column(name, name, widths[i]) for i, name in enumerate(order)]
    chosen = fit(columns, width, keep, stretch="c", least=least)
    got = [column.name for column, _ in chosen]
    assert got == [name for name in order if name in got]
    if keep:
        assert set(got) <= set(keep)
    if len(chosen) > 1:
        assert sum(w for _, w in chosen) + GAP * (len(chosen) - 1) == width
    first = next((name for name in keep or order if name in order), None)
    assert (first in got) if first else not got


@given(st.lists(st.sampled_from(SlotState), max_size=300), st.integers(0, 64))
def test_the_ring_picture_shows_every_slot_that_is_out(states: list[SlotState], width: int) -> None:
    picture = ring_strip(bytes(states), width)
    assert len(picture) == (min(width, len(states)) if states else width)
    order = [SlotState.FLYING, SlotState.AVAILABLE, SlotState.USED, SlotState.FREE, SlotState.UNKNOWN]
    for cell, sign in enumerate(picture if states else ""):
        of = states[cell * len(states) // len(picture) : (cell + 1) * len(states) // len(picture)]
        assert sign == SIGNS[min(of, key=order.index)]


def test_a_ring_that_is_not_known() -> None:
    assert ring_strip(b"", 8) == SIGNS[SlotState.UNKNOWN] * 8


@given(st.text(), st.integers(0, 30), st.booleans())
def test_fitted_text_is_safe_and_of_its_width(text: str, width: int, right: bool) -> None:
    found = fitted(text, width, right)
    assert cell_len(found) == width
    assert not {category(ch) for ch in printable(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not {"\x1b", "\n", "\r", "\u202e", "\x9b"} & set(found)


def test_times() -> None:
    assert TimeFormat.SINCE_START.text(1_700_000_001_500_000_000, 1_700_000_000_000_000_000, 0) == "1.500000"
    assert TimeFormat.DELTA.text(2_000_500, 0, 2_000_000) == "+500 ns"
    assert TimeFormat.CLOCK.text(1_700_000_001_500_000_000, 0, 0) == "22:13:21.500000"
    every = TimeFormat.SINCE_START.next
    assert {every, every.next, every.next.next} == set(TimeFormat)


def test_every_value_with_a_colour_has_a_glyph_or_a_word() -> None:
    for value in ("error", "warning", "note"):
        assert ink("severity", value) in INKS
        assert GLYPHS[value]
    assert words("findings", ["VL505", "VL503"]) == "✖ VL505 VL503"
    assert ink("findings", ["VL505"]) == "note"
    assert ink("findings", []) == ""


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 9))), st.integers(0, 100))
def test_the_status_fits_and_loses_the_lightest_first(parts: list[tuple[str, int]], width: int) -> None:
    pieces = [Piece(text, "", weight) for text, weight in parts]
    kept = fit_pieces(pieces, width)
    assert sum(len(p.text) for p in kept) + 2 * max(0, len(kept) - 1) <= width or not kept
    lost = [p for p in pieces if p.text and p not in kept]
    assert not lost or not kept or max(p.weight for p in lost) <= min(p.weight for p in kept) or len(kept) > 0


def test_progress() -> None:
    assert progress_bar(0.0, 4) == "╌╌╌╌"
    assert progress_bar(0.5, 4) == "━━╌╌"
    assert progress_bar(7.0, 4) == "━━━━"


@pytest.mark.parametrize("column", [0, 3, 20, 60, 79, 200])
def test_the_error_points_at_its_column(column: int) -> None:
    line = pointed("no such field", column, 80)
    assert "no such field" in line
    assert "↑" not in line or line.index("↑") == column
    assert len(line) <= 80


def test_hops_are_the_nearest(story: Path) -> None:
    session = inspect(str(story))
    found = sorted({int(r) + 1 for r in session.findings.row})
    for seq in range(session.seq + 2):
        after = [s for s in found if s > seq]
        before = [s for s in found if s < seq]
        assert hops.finding(session, seq, 1, session.seq) == (after[0] if after else None)
        assert hops.finding(session, seq, -1, session.seq) == (before[-1] if before else None)
    life = sorted(
        {int(r) + 1 for r in session.messages.row[session.messages.object == 1]}
        | {int(r) + 1 for r in session.transitions.row[session.transitions.object == 1]}
    )
    seq, walked = 0, []
    while (step := hops.same_buffer(session, 1, seq, 1, session.seq)) is not None:
        walked.append(step)
        seq = step
    assert walked == life
    assert all(hops.buffer_of(session, seq) == 1 for seq in life)
    assert hops.same_buffer(session, -1, 5, 1, session.seq) is None


@pytest.mark.parametrize("text", ["cmd == EXPORT", "buffer.vmid == 7 and not cmd == EXPORT", "size == 1"])
def test_a_selection_that_advances_is_the_whole_selection(story: Path, text: str) -> None:
    session = inspect(str(story))
    selection = Selection(text)
    assert selection.advance(session)
    assert not selection.advance(session)
    whole = compile_filter(text, "messages").select(session, len(session.messages))
    assert np.array_equal(selection.hits, whole)
    selection.restart()
    assert not len(selection.hits)
    selection.advance(session)
    assert np.array_equal(selection.hits, whole)


def test_every_byte_of_every_message_has_its_field(story: Path) -> None:
    session = inspect(str(story))
    for row in session.messages.row.tolist():
        shown = detail(session, row + 1)
        rows = field_rows(shown, 20)
        for offset in range(len(shown.data)):
            at = row_of_byte(rows, offset)
            assert at is not None
            lit = rows.rows[at]["lit"]
            assert lit.offset <= offset < lit.offset + lit.size
            same = [r for r in rows.rows if r["lit"] == lit]
            assert rows.rows[row_of_path(rows, rows.rows[at]["path"])] in same
        assert row_of_byte(rows, len(shown.data)) is None
        for judgement in shown.judgements:
            told = " ".join(r["text"] for r in rows.rows if r["path"] == judgement.code)
            assert judgement.sentence in told
