"""The queues with their rings."""

from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.session.queues import Epoch, Queue
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row, View


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
        Column("features", "features", 40),
    )

    def total(self) -> int:
        """Queues."""
        return len(self.session.queues.queues)

    def row_seq(self, index: int) -> int:
        """The sequence number of the queue's first set-up."""
        queue = self.session.queues.queues[index]
        return queue.epochs[0].row + 1 if queue.epochs else 1

    def make(self, index: int) -> Row:
        """One queue."""
        queue = self.session.queues.queues[index]
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
            "features": feature_names(epoch.layout.features) if epoch else [],
        }


def ring_state(view: View, queue: Queue, epoch: Epoch | None) -> dict[str, Any]:
    """Indices, chains in flight and missed events of a queue as of the view's moment."""
    session = view.session
    begin = epoch.row if epoch else 0
    mine = np.flatnonzero(session.events.qid[begin : view.at] == queue.qid) + begin
    kinds = session.events.kind[mine]
    made, back = mine[kinds == EventKind.AVAILABLE], mine[kinds == EventKind.USED]
    gaps = mine[kinds == EventKind.GAP]
    chains = session.events.chain[made]
    used = session.chains.used[chains]
    fresh = sum(not session.record(int(r)).flags & EventFlag.STALE for r in made[(used < 0) | (used >= view.at)])
    return {
        "avail_idx": _index(session, made, epoch.avail_idx if epoch else None),
        "used_idx": _index(session, back, epoch.used_idx if epoch else None),
        "in_flight": fresh,
        "missed": sum(session.record(int(r)).count for r in gaps),
    }


def _index(session: Session, rows: Array, start: int | None) -> int | None:
    """The ring index behind the latest entry."""
    if not len(rows):
        return start
    return (session.record(int(rows[-1])).index + 1) & 0xFFFF
