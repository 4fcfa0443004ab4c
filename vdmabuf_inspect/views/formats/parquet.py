"""Parquet through pyarrow, an optional package: typed columns, compressed."""

from collections.abc import Callable, Iterator
from json import dumps
from pathlib import Path
from typing import Any

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.formats.json_lines import SCHEMA
from vdmabuf_inspect.views.formats.table import Table, batches

_INTEGERS = ("seq", "time_ns", "size")
_LISTS = ("findings",)
_MAPPINGS = ("fields",)
"""Mappings are JSON text: their keys differ from row to row."""


def write_parquet(table: Table, path: Path, progress: Callable[[float], None]) -> None:
    """Write all rows of the messages table. Raises UsageError without pyarrow, OSError."""
    arrow, parquet = _pyarrow()
    schema = arrow.schema(
        [(column.name, _type(arrow, column.name)) for column in table.columns if column.data],
        metadata={"schema": SCHEMA, "view": table.name},
    )
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        done = 0
        for rows in batches(table, 0, len(table)):
            writer.write_table(arrow.Table.from_pylist(list(_plain(rows)), schema))
            done += len(rows)
            progress(done / len(table))


def _plain(rows: list[Row]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {**row, **{name: dumps(row[name]) for name in _MAPPINGS if name in row}}


def _type(arrow: Any, name: str) -> Any:
    if name in _INTEGERS:
        return arrow.int64()
    return arrow.list_(arrow.string()) if name in _LISTS else arrow.string()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'vdmabuf-inspect[parquet]'") from None
    return pyarrow, pyarrow.parquet
