"""Which columns a table shows in the width it has."""

from collections.abc import Sequence

from vdmabuf_inspect.views.base import Column

GAP = 1
"""Cells between two columns."""
LEAST = 16
"""Cells that the column which takes what is left is content with."""
_HARDLY = 8
"""Cells below which it is not worth showing."""


def fit(
    columns: Sequence[Column], width: int, keep: Sequence[str] = (), stretch: str = "", least: int = LEAST
) -> list[tuple[Column, int]]:
    """The columns that fit into `width` cells, each with its width, in their own order.

    keep: the names that may be shown, by importance; all in their order when empty. stretch: who gets the cells
    that are left, and `least` in any case; the last column when it is not there. The most important column
    is always there.
    """
    shown = {column.name: column for column in columns if column.shown}
    need = {name: c.width for name, c in shown.items()}
    chosen: set[str] = set()
    used = -GAP
    for name in (n for n in keep or shown if n in shown):
        room = width - used - GAP
        if name == stretch:
            need[name] = min(need[name], least, max(_HARDLY, room))
        if need[name] <= room or not chosen:
            chosen.add(name)
            used += GAP + need[name]
    kept = [column for column in columns if column.name in chosen]
    if not kept:
        return []
    taker = stretch if stretch in chosen else kept[-1].name
    return [(c, max(1, need[c.name] + (width - used if c.name == taker else 0))) for c in kept]
