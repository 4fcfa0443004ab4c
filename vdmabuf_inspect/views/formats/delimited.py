"""CSV (RFC 4180, lines end in a newline alone): a line of JSON names, then exactly a line a row."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.table import Table, batches, data_columns


def csv_lines(table: Table, start: int, stop: int, titles: bool = True) -> Iterator[str]:
    """Rows `start` to `stop`; a list is its parts with spaces between, a mapping is JSON, None is empty.

    Control characters are written as their escapes, so that no cell breaks a line; JSON has them as they are.
    """
    names = [column.name for column in data_columns(table)]
    if titles:
        yield _encode([names])
    for rows in batches(table, start, stop):
        yield _encode([[_cell(row[name]) for name in names] for row in rows])


def _encode(rows: list[list[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()[:-1]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":")) if value else ""
    if isinstance(value, list):
        return escape(" ".join(map(str, value)))
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
