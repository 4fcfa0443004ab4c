"""Laws: nothing but FilterError for any text, and, or and not are those of masks, and pieces add up to the whole."""

from contextlib import suppress

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.views.filter.test_messages import CASES
from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter import compile_filter, complete, word_at
from vdmabuf_inspect.views.filter.tables import TABLES

PIECES = [
    *TABLES["messages"].fields, "==", "!=", "<", ">=", "in", "contains", "matches", "~", "and", "or", "not", "&&",
    "||", "!", "(", ")", "{", "}", ",", "..", "EXPORT", "7:42b", "7:*", "*", "VL5*", "1.2s", "0x10", "9" * 50, "-1",
    '"XR24"', "'", '"', "64", "2023-11-14T22:13:20Z", "\\", "[", "é", "\0", "1e9", "yes",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)  # fmt: skip
KNOWN = st.sampled_from(sorted(CASES))
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)


@quiet
@given(TEXTS, st.sampled_from(sorted(TABLES)))
def test_any_text_is_a_filter_or_an_error_in_it(session: Session, text: str, table: str) -> None:
    total = {"messages": session.messages, "chains": session.chains, "buffers": session.objects,
             "control": session.control}  # fmt: skip
    count = len(total[table]) if table in total else 2
    try:
        mask = compile_filter(text, table).mask(session, 0, count)
    except FilterError as error:
        assert 1 <= error.column <= len(text) + 1
    else:
        assert mask.shape == (count,)


@quiet
@given(TEXTS, st.integers(-5, 50), st.sampled_from(sorted(TABLES)))
def test_completions_begin_with_what_is_written(text: str, cursor: int, table: str) -> None:
    begin, end = word_at(text, cursor)
    assert 0 <= begin <= end <= len(text)
    for word in complete(text, cursor, table):
        assert word.casefold().startswith(text[begin:end].casefold())


@quiet
@given(KNOWN, KNOWN, KNOWN)
def test_and_or_not_are_those_of_masks(session: Session, a: str, b: str, c: str) -> None:
    def mask(text: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        return compile_filter(text, "messages").mask(session, 0, len(session.messages))

    one, two, three = mask(a), mask(b), mask(c)
    assert (mask(f"({a}) and ({b})") == (one & two)).all()
    assert (mask(f"({a}) || ({b})") == (one | two)).all()
    assert (mask(f"not ({a})") == ~one).all()
    assert (mask(f"not (({a}) or ({b}))") == mask(f"not ({a}) and not ({b})")).all()
    assert (mask(f"({a}) or ({b}) and ({c})") == (one | (two & three))).all()
    assert (mask(f"(({a}) or ({b})) and ({c})") == ((one | two) & three)).all()


@quiet
@given(KNOWN, st.integers(1, 20), st.one_of(st.none(), st.integers(0, 40)))
def test_pieces_add_up_to_the_whole(session: Session, text: str, chunk: int, seq: int | None) -> None:
    chosen, total = compile_filter(text, "messages"), len(session.messages)
    whole = chosen.select(session, total, seq)
    assert chosen.select(session, total, seq, chunk=chunk).tolist() == whole.tolist()
    parts = [chosen.matches(session, i, min(i + chunk, total), seq) for i in range(0, total, chunk)]
    assert np.concatenate(parts).tolist() == whole.tolist()


@quiet
@given(KNOWN, st.sets(st.integers(0, 14)))
def test_some_rows_answer_as_all_do(session: Session, text: str, chosen: set[int]) -> None:
    """What the parts of an `and` leave over is asked alone; the answers must not depend on it."""
    compiled = compile_filter(text, "messages")
    rows = compiled.table.rows(session, 0, len(session.messages), session.seq)
    at = np.array(sorted(chosen), np.int64)
    assert (compiled.test.mask(rows.take(at)) == compiled.test.mask(rows)[at]).all()


def test_long_chains_are_no_deep_trees(session: Session) -> None:
    text = " or ".join(["seq == 7"] * 3000)
    assert compile_filter(text, "messages").select(session, len(session.messages)).tolist() == [0]
    with suppress(FilterError):
        compile_filter("not " * 5000 + "seq", "messages")
