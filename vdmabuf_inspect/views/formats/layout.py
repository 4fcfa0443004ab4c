"""Aligned lines of a page."""

from collections.abc import Iterable, Iterator, Sequence

from vdmabuf_inspect.views.formats.escape import escape


def facts(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and what is known of them."""
    return grid(list(pairs))


def grid(rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> Iterator[str]:
    """Rows in aligned, indented columns, made safe to print; columns in `right` end together."""
    safe = [tuple(map(escape, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    for row in safe:
        cells = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        yield f"  {'  '.join(cells)}".rstrip()
