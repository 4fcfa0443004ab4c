"""The queues with their rings."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.session.queues import Epoch, Queue
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row, View

_STRETCH = 1 << 14


def feature_names(features: int) -> list[str]:
    """Feature bits by name, unknown ones as `bit N`."""
    names = [f.name or "" for f in Feature if f & features]
    known = 0
    for feature in Feature:
        known |= int(feature)
    return names + [f"bit {i}" for i in range(64) if features >> i & 1 and not known >> i & 1]


class RingsView(View):
    """One row a queue, as of the moment."""

    name = "rings"
    columns = (
        Column("device", "device", 8),
        Column("queue", "queue", 14),
        Column("index", "idx", 3, right=True),
        Column("kind", "kind", 6),
        Column("size", "size", 5, right=True),
        Column("desc", "desc", 12),
        Column("avail", "avail", 12),
        Column("used", "used", 12),
        Column("avail_idx", "avail idx", 9, right=True),
        Column("used_idx", "used idx", 9, right=True),
        Column("in_flight", "in flight", 9, right=True),
        Column("missed", "missed", 8, right=True),
        Column("epoch", "epoch", 5, right=True),
        Column("features", "features", 40),
    )

    def total(self) -> int:
        """Queues."""
        return len(self.session.queues.rings)

    def row_seq(self, index: int) -> int:
        """The sequence number of the queue's first set-up."""
        queue = self.session.queues.rings[index]
        return queue.epochs[0].row + 1 if queue.epochs else 1

    def make(self, index: int) -> Row:
        """One queue."""
        queue = self.session.queues.rings[index]
        epoch = queue.epoch_at(self.at)
        state = ring_state(self, queue, epoch)
        device = queue.name.rpartition("/")[0] or str(queue.device)
        return {
            "device": device,
            "queue": queue.name,
            "index": queue.index,
            "kind": "split",
            "size": epoch.layout.size if epoch else None,
            "desc": hex(epoch.layout.desc) if epoch else None,
            "avail": hex(epoch.layout.avail) if epoch else None,
            "used": hex(epoch.layout.used) if epoch else None,
            **state,
            "epoch": queue.epoch_number(self.at),
            "features": feature_names(epoch.layout.features) if epoch else [],
        }


def ring_state(view: View, queue: Queue, epoch: Epoch | None) -> dict[str, Any]:
    """Indices, chains in flight and missed events of a queue as of the view's moment."""
    session, begin = view.session, epoch.row if epoch else 0
    avail = _index(session, _last(view, queue, begin, EventKind.AVAILABLE), epoch.avail_idx if epoch else None)
    used = _index(session, _last(view, queue, begin, EventKind.USED), epoch.used_idx if epoch else None)
    flying = _flying(view, queue, begin, ((avail or 0) - (used or 0)) & 0xFFFF)
    gaps = np.flatnonzero(session.events.kind[begin : view.at] == EventKind.GAP) + begin
    return {
        "avail_idx": avail,
        "used_idx": used,
        "in_flight": sum(not session.record(row).flags & EventFlag.STALE for row in flying),
        "missed": sum(session.record(int(r)).count for r in gaps[session.events.qid[gaps] == queue.qid]),
    }


def _last(view: View, queue: Queue, begin: int, kind: EventKind) -> int:
    """The row of the queue's latest event of a kind, -1 where there is none; the newest rows are looked at first."""
    events = view.session.events
    for start, stop in _backwards(begin, view.at):
        here = (events.qid[start:stop] == queue.qid) & (events.kind[start:stop] == kind)
        if here.any():
            return start + int(np.flatnonzero(here)[-1])
    return -1


def _flying(view: View, queue: Queue, begin: int, expected: int) -> list[int]:
    """Rows at which the chains that are out now were made available; newest rows first, until `expected` are found."""
    events, used = view.session.events, view.session.chains.used
    found: list[int] = []
    for start, stop in _backwards(begin, view.at):
        mine = (events.qid[start:stop] == queue.qid) & (events.kind[start:stop] == EventKind.AVAILABLE)
        rows = np.flatnonzero(mine) + start
        back = used[events.chain[rows]]
        found += rows[(back < 0) | (back >= view.at)].tolist()
        if len(found) >= expected:
            break
    return found


def _backwards(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of rows from the end to the beginning, each twice as long as the one before."""
    length = _STRETCH
    while end > begin:
        start = max(begin, end - length)
        yield start, end
        end, length = start, 2 * length


def _index(session: Session, row: int, start: int | None) -> int | None:
    """The ring index behind the latest entry."""
    return start if row < 0 else (session.record(row).index + 1) & 0xFFFF
