"""A ring as a row of cells: where the driver is, where the device is, and what lies between them."""

from vdmabuf_inspect.views.base import Row

FLYING, FREE, UNKNOWN = "█", "░", "·"


def ring_strip(size: int, avail_idx: int | None, used_idx: int | None, width: int) -> str:
    """`width` cells for the `size` slots of a ring, from slot 0.

    A cell is full when a slot in it was made available and not returned (between the two indices, which run
    freely modulo 65536), shaded when all its slots were returned, and a dot where nothing is known.
    """
    if width <= 0:
        return ""
    if size <= 0 or avail_idx is None or used_idx is None:
        return UNKNOWN * width
    flying = (avail_idx - used_idx) & 0xFFFF
    width = min(width, size)
    if flying >= size:
        return FLYING * width
    first = used_idx % size
    return "".join(_cell(c * size // width, (c + 1) * size // width, first, flying, size) for c in range(width))


def ring_cells(row: Row) -> tuple[int, int | None, int | None]:
    """Size and both indices of a row of the rings view, as `ring_strip` takes them."""
    size, avail, used = row["size"] or 0, row["avail_idx"], row["used_idx"]
    if row["avail_wrap"] is None or row["used_wrap"] is None or not size:
        return size, avail, used
    lap = size if row["avail_wrap"] != row["used_wrap"] else 0
    return size, used + (avail - used + lap) % (2 * size), used


def _cell(begin: int, end: int, first: int, flying: int, size: int) -> str:
    return FLYING if any((slot - first) % size < flying for slot in range(begin, end)) else FREE
