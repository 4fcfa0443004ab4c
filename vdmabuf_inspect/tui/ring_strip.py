"""A ring as a row of cells, with the signs of the ring view."""

from vdmabuf_inspect.tui.ring_grid import GLYPHS
from vdmabuf_inspect.views.ring_part import SlotState

_FIRST = (SlotState.FLYING, SlotState.AVAILABLE, SlotState.USED, SlotState.FREE, SlotState.UNKNOWN)
"""Of the slots in one cell, what is shown: first of all what is out, and for longest."""


def ring_strip(states: bytes, width: int) -> str:
    """`width` cells, or as many as there are slots, for the slots of a ring; `states` has a SlotState for each."""
    size = len(states)
    if not size:
        return GLYPHS[SlotState.UNKNOWN] * max(0, width)
    cells = min(max(0, width), size)
    return "".join(_cell(states[c * size // cells : (c + 1) * size // cells]) for c in range(cells))


def _cell(slots: bytes) -> str:
    return GLYPHS[next(state for state in _FIRST if state in slots)]
