"""The whole recording in one line: how much happened when, what was found, where the cursor stands."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.rules.registry import number_of
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.lanes import edges

STEPS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Overview:
    """`width` cells of a recording. `density`: int64[width], events in each; `severity`: int8[width], the worst
    finding's in each, -1 where there is none; `gaps`: bool[width], where something was missed.
    """

    times: Array
    density: Array
    severity: Array
    gaps: Array

    def bars(self) -> str:
        """A bar a cell; its height grows with the root of the number of events, so that a few still show."""
        most = max(1, int(self.density.max(initial=0)))
        height = np.ceil(np.sqrt(self.density / most) * (len(STEPS) - 1)).astype(int)
        return "".join(STEPS[h] for h in height)

    def cell(self, time_ns: int) -> int:
        """The cell of a time, the nearest there is."""
        found = int(np.searchsorted(self.times, time_ns, side="right")) - 1
        return max(0, min(found, len(self.density) - 1))

    def seq(self, session: Session, cell: int) -> int:
        """The first event in a cell, or the nearest before it."""
        place = int(np.searchsorted(session.events.time_ns, self.times[cell], side="left"))
        return max(1, min(place + 1, session.seq))


def overview(session: Session, width: int, begin_ns: int | None = None, end_ns: int | None = None) -> Overview | None:
    """The recording, or a stretch of it, in `width` cells; None while nothing was seen."""
    times = session.events.time_ns
    if not len(times) or width <= 0:
        return None
    begin, end = int(times[0]) if begin_ns is None else begin_ns, int(times[-1]) if end_ns is None else end_ns
    borders = edges(begin, end + 1, width)
    places = np.searchsorted(times, borders, side="left")
    return Overview(borders, np.diff(places), _severity(session, places), _gaps(session, places))


def _severity(session: Session, places: Array) -> Array:
    found = evidence(session).sorted()
    worst = np.full(len(places) - 1, -1, np.int8)
    cell = np.searchsorted(places, found.rows, side="right") - 1
    inside = (cell >= 0) & (cell < len(worst)) & (found.rows >= 0)
    np.maximum.at(worst, cell[inside], session.findings.severity[found.order[inside]].astype(np.int8))
    return worst


def _gaps(session: Session, places: Array) -> Array:
    """Where something was missed: the rules tell every gap (VX902), so that no event need be looked at."""
    log = session.findings.still()
    rows = log.row[(log.rule == number_of("VX902")) & (log.row >= 0)]
    rows = rows[session.events.kind[rows] == EventKind.GAP]
    missed = np.zeros(len(places) - 1, bool)
    cell = np.searchsorted(places, rows, side="right") - 1
    missed[cell[(cell >= 0) & (cell < len(missed))]] = True
    return missed
