"""What is wrong with a filter is said in one line, at its column."""

import pytest

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.views.filter import compile_filter

CASES = {
    "": (1, "empty"),
    "  ": (3, "empty"),
    "pges > 1": (1, "near it: pages"),
    "in_flight > 1": (1, "rings have it"),
    "nonsense_ == 1": (1, "no field 'nonsense_'"),
    "pages > 64 and cmd == EXPROT": (23, "near it: EXPORT"),
    "rule == VX99": (9, "near it: VX9"),
    "pages == many": (10, "no number"),
    "pages > 3 and": (14, "not the end"),
    "pages >": (8, "expected a value after >"),
    "pages > > 3": (9, "expected a value"),
    "(pages": (1, "never closed"),
    "pages)": (6, "never opened"),
    "pages in {1, 2": (10, "never closed"),
    "pages in {}": (11, "expected a value in"),
    "pages in 1..": (13, "end of the range"),
    "pages == 1..2": (10, "a range goes with in"),
    "pages == {1, 2}": (10, "a set goes with in"),
    "queue in a..b": (10, "no order"),
    "queue > send": (7, "cannot be compared with >"),
    "pages contains 1": (7, "cannot be compared with contains"),
    "severity >= *": (13, "one severity"),
    "time > 1.5": (8, "1.5s"),
    "time > soon": (8, "no time"),
    "time > 2023-19-01": (8, "no date"),
    "size > 3Q": (8, "number of bytes"),
    "buffer == seven": (11, "VM:COUNTER"),
    "key == 12": (8, "16 hex digits"),
    "presumed == maybe": (13, "neither yes nor no"),
    "queue matches '('": (15, "no regular expression"),
    "pages = 3": (7, "compare with =="),
    "a & b": (3, "write &&"),
    "a | b": (3, "write ||"),
    'queue == "send': (10, "never closed"),
    "pages rule": (7, "expected and, or"),
    "1 < pages": (1, "the field comes first: pages > 1"),
    "1 < pages < 3": (11, "do not chain"),
    "pages > 1 < 3": (11, "do not chain"),
    '"pages" > 1': (1, "without quotes"),
    "(pages or whole) > 1": (18, "must be a field"),
    "(" * 100 + "pages" + ")" * 100: (65, "too deeply"),
}


@pytest.mark.parametrize("text", CASES)
def test_points_at_its_column(text: str) -> None:
    column, words = CASES[text]
    with pytest.raises(FilterError) as caught:
        compile_filter(text, "messages")
    assert words in caught.value.message and caught.value.text == text
    assert caught.value.column == column, caught.value
    assert "\n" not in str(caught.value)
