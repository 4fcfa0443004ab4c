"""JSON: one object a line, the first of which says what follows."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vdmabuf_inspect.views.formats.table import Table, batches, data_columns

SCHEMA = "vdmabuf-inspect/1"
_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": "), allow_nan=False)


def header(view: str, **facts: Any) -> str:
    """The first line: the schema, the view, and what else is known of the whole."""
    return _ENCODER.encode({"schema": SCHEMA, "view": view, **facts})


def json_line(value: Mapping[str, Any]) -> str:
    """One object."""
    return _ENCODER.encode(value)


def json_lines(table: Table, start: int, stop: int) -> Iterator[str]:
    """Rows `start` to `stop`, every column by its JSON name."""
    names = tuple(column.name for column in data_columns(table))
    for rows in batches(table, start, stop):
        for row in rows:
            yield _ENCODER.encode({name: row[name] for name in names})
