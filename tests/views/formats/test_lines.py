"""Text, JSON and CSV of the same rows; nothing that a guest says can break a line."""

import csv
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.views.base import Column
from vdmabuf_inspect.views.formats.delimited import csv_lines
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.hexadecimal import hex_lines
from vdmabuf_inspect.views.formats.json_lines import json_lines
from vdmabuf_inspect.views.formats.table import BATCH, Listing
from vdmabuf_inspect.views.formats.text import text_lines

COLUMNS = (
    Column("name", "name", 6),
    Column("number", "n", 3, right=True),
    Column("parts", "parts", 8),
    Column("more", "more", 8, shown=False),
    Column("glyph", "", 1, text=lambda value: "#" if value else "", data=False),
)
VALUES = st.fixed_dictionaries({
    "name": st.none() | st.text(), "number": st.integers(), "parts": st.lists(st.text(max_size=3), max_size=3),
    "more": st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), "glyph": st.booleans(),
})  # fmt: skip


def table(rows: list[dict[str, Any]]) -> Listing:
    return Listing("things", COLUMNS, rows)


@given(st.text())
def test_escaped_text_is_one_harmless_line(text: str) -> None:
    safe = escape(text)
    assert len(safe.splitlines()) <= 1
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u200b\u202e\u2066\ufeff" for c in safe)
    assert escape(safe) == safe


@given(st.lists(VALUES, max_size=20))
def test_text_is_a_line_a_row_and_columns_stand_under_each_other(rows: list[dict[str, Any]]) -> None:
    lines = list(text_lines(table(rows), 0, len(rows)))
    assert len(lines) == len(rows) + 1 and all("\n" not in line for line in lines)
    width = max([4, *(len(escape(row["name"] or "")) for row in rows)])
    numbers = max([1, *(len(str(row["number"])) for row in rows)])
    for line, row in zip(lines[1:], rows, strict=True):
        assert line[width + 2 : width + 2 + numbers].strip() == str(row["number"])


@given(st.lists(VALUES, max_size=20))
def test_json_gives_the_values_back(rows: list[dict[str, Any]]) -> None:
    read = [json.loads(line) for line in json_lines(table(rows), 0, len(rows))]
    assert read == [{name: value for name, value in row.items() if name != "glyph"} for row in rows]


@given(st.lists(VALUES, max_size=20))
def test_csv_gives_the_values_back(rows: list[dict[str, Any]]) -> None:
    text = "\n".join(csv_lines(table(rows), 0, len(rows))) + "\n"
    assert len(text.splitlines()) == len(rows) + 1
    titles, *read = list(csv.reader(io.StringIO(text, newline="")))
    assert titles == ["name", "number", "parts", "more"]
    assert [(cells[0], int(cells[1])) for cells in read] == [(escape(row["name"] or ""), row["number"]) for row in rows]
    assert [json.loads(cells[3] or "{}") for cells in read] == [row["more"] for row in rows]


def test_long_tables_come_in_batches_that_do_not_show() -> None:
    rows = [{"name": "a", "number": i, "parts": [], "more": {}, "glyph": False} for i in range(2 * BATCH + 3)]
    assert [json.loads(line)["number"] for line in json_lines(table(rows), 5, len(rows))] == list(range(5, len(rows)))
    assert len(list(text_lines(table(rows), 0, len(rows)))) == len(rows) + 1


@given(st.binary(max_size=200))
def test_hex_holds_every_byte(data: bytes) -> None:
    at, found = 0, bytearray(len(data))
    for line in hex_lines(data, ""):
        if line == "*":
            continue
        offset, _, rest = line.partition("  ")
        at = int(offset, 16)
        part = bytes.fromhex(rest.partition("|")[0])
        found[at : at + len(part)] = part
    assert bytes(found) == data and (not data or at == len(data))
