"""Lanes: each buffer's states along a stretch of time, as many cells as there is room for."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.numbers import live_mask, state_names
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.session import Session

NONE, COMING, LIVE, LEAVING, ENDED, SEVERAL = " ─━┄·╋"
"""Not seen yet; on its way to the device; with the device; wanted back; given back; there and back in a cell."""
_OWN = {"exporting": COMING, "withdrawn": LEAVING}


def glyphs() -> str:
    """A character for each state number of all protocols."""
    live = live_mask()
    own = [_OWN.get(name, LIVE if live[number] else ENDED) for number, name in enumerate(state_names())]
    return NONE + "".join(own[1:])


def edges(begin_ns: int, end_ns: int, width: int) -> Array:
    """int64[width + 1]: the times between the cells of a stretch, the last one behind it."""
    length = max(end_ns - begin_ns, width)
    return begin_ns + np.arange(width + 1) * length // width


def lane(session: Session, number: int, times: Array, seq: int) -> str:
    """A character a cell: the buffer's state at the cell's end, or SEVERAL where it went and came within it.

    times: what `edges` gives. Cells that lie after the first `seq` events are empty.
    """
    rows, states = lives(session).steps(number, seq)
    if not len(rows):
        return NONE * (len(times) - 1)
    signs, when, live = glyphs(), session.events.time_ns[rows], live_mask()[states]
    turns = np.concatenate([[0], np.cumsum(live != np.concatenate([[False], live[:-1]]))])
    last = np.searchsorted(when, times[1:], side="left")
    changes = np.diff(turns[last], prepend=turns[np.searchsorted(when, times[0], side="left")])
    cells = np.where(last > 0, states[np.maximum(last - 1, 0)], 0)
    now = int(session.events.time_ns[seq - 1]) if seq else 0
    cells = np.where(last > 0, states[np.maximum(last - 1, 0)], 0)
    columns = zip(times[:-1].tolist(), changes.tolist(), cells.tolist(), strict=True)
    return "".join(NONE if begin > now else SEVERAL if change > 1 else signs[state] for begin, change, state in columns)
