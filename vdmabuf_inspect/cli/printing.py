"""A table on stdout in the format asked for, and on stderr how much of it was left out."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vdmabuf_inspect.cli.colour import painter
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.views.formats.table import Table

FORMATS = ("text", "json", "csv")


def add_format(parser: ArgumentParser, limit: bool = True) -> None:
    """`--format` and `--limit`."""
    parser.add_argument("--format", choices=FORMATS, default="text", help="text (default), JSON lines or CSV")
    if limit:
        parser.add_argument("--limit", metavar="N", type=_count, help="at most N rows")


def print_table(args: Namespace, table: "Table", **facts: Any) -> None:
    """The rows of a table; `facts` go into the first line of JSON. Raises ClosedError."""
    total = len(table)
    limit = getattr(args, "limit", None)
    stop = total if limit is None else min(total, limit)
    if stop < total:
        facts["limit"] = limit
    write(_lines(args, table, stop, facts | {"rows": total}))
    if stop < total:
        say(f"showing {stop:,} of {total:,} {table.name}")


def heading(args: Namespace, table: "Table", **facts: Any) -> Iterator[str]:
    """What comes before the first row, in columns as wide as declared."""
    from vdmabuf_inspect.views.formats.delimited import csv_lines
    from vdmabuf_inspect.views.formats.json_lines import header
    from vdmabuf_inspect.views.formats.text import text_lines

    if args.format == "json":
        yield header(table.name, **facts)
    elif args.format == "csv":
        yield from csv_lines(table, 0, 0)
    else:
        yield from text_lines(table, 0, 0, own_widths=False)


def lines(args: Namespace, table: "Table", start: int, stop: int) -> Iterator[str]:
    """Rows `start` to `stop` without a heading, in columns as wide as declared."""
    from vdmabuf_inspect.views.formats.delimited import csv_lines
    from vdmabuf_inspect.views.formats.json_lines import json_lines
    from vdmabuf_inspect.views.formats.text import text_lines

    if args.format == "json":
        return json_lines(table, start, stop)
    if args.format == "csv":
        return csv_lines(table, start, stop, titles=False)
    return text_lines(table, start, stop, painter(args.color), titles=False, own_widths=False)


def _lines(args: Namespace, table: "Table", stop: int, facts: dict[str, Any]) -> Iterator[str]:
    if args.format == "json":
        from vdmabuf_inspect.views.formats.json_lines import header, json_lines

        yield header(table.name, **facts)
        yield from json_lines(table, 0, stop)
    elif args.format == "csv":
        from vdmabuf_inspect.views.formats.delimited import csv_lines

        yield from csv_lines(table, 0, stop)
    else:
        from vdmabuf_inspect.views.formats.text import text_lines

        yield from text_lines(table, 0, stop, painter(args.color))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"--limit {text}: give a number of rows, 0 or more")
    return int(text)
