"""Batches made by hand: the columns that pairing and tracking read, and any way to cut them."""

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.objects import Operations


def events(**columns: Any) -> Events:
    """Events of which only these columns matter; the others are zero."""
    n = len(columns["kind"])
    base = {f.name: np.zeros(n, np.int64) for f in fields(Events)}
    base |= {name: np.array(values) for name, values in columns.items()}
    base["row"] = np.arange(n) if "row" not in columns else base["row"]
    return Events(**base)


def operations(**columns: Any) -> Operations:
    """Operations at one event each, a look apart; `begins` and `ends` where the operation says so."""
    return Operations(**{name: np.array(values) for name, values in columns.items()})


@st.composite
def cuts(draw: st.DrawFn, length: int) -> list[tuple[int, int]]:
    """Ranges that follow each other from 0 to `length`."""
    places = draw(st.lists(st.integers(0, length), max_size=5))
    marks = sorted({0, length, *places})
    return list(zip(marks, marks[1:], strict=False))
