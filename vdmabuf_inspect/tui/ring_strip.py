"""A ring as a row of cells: where the driver is, where the device is, and what lies between them."""

FLYING, FREE, UNKNOWN = "█", "░", "·"


def ring_strip(size: int, avail_idx: int | None, used_idx: int | None, width: int) -> str:
    """`width` cells for the `size` slots of a split ring, from slot 0.

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


def _cell(begin: int, end: int, first: int, flying: int, size: int) -> str:
    return FLYING if any((slot - first) % size < flying for slot in range(begin, end)) else FREE
