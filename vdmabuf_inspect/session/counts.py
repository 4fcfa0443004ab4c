"""What the observer did on one queue, as its latest COUNTS event says."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.record import COUNTS, Record


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals since the queue's START (model.record.COUNTS)."""

    polls: int
    missed: int
    torn: int
    ambiguous: int
    kicks: int
    calls: int
    available: int
    used: int


def read_counts(record: Record) -> Counts:
    """The payload of a COUNTS event; what is missing of it reads as zero."""
    data = record.readable_bytes[: COUNTS.itemsize].ljust(COUNTS.itemsize, b"\0")
    return Counts(*(int(v) for v in np.frombuffer(data, COUNTS)[0]))


def heard(flags: int) -> tuple[str, ...]:
    """Which notifications can be noticed, of `kicks` and `calls`, by the flags of a START or COUNTS event."""
    known = ((EventFlag.KICKS_HEARD, "kicks"), (EventFlag.CALLS_HEARD, "calls"))
    return tuple(name for flag, name in known if flags & flag)
