"""The queues with their rings."""

from typing import Any

from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.stalls import NAMED_NS, moment_ns, stall
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.features import feature_names, features_of
from vdmabuf_inspect.views.names import brief
from vdmabuf_inspect.views.waiting import suppression, waiting, waiting_text


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
        Column("avail_wrap", "avail wrap", 10, right=True, shown=False),
        Column("used_wrap", "used wrap", 9, right=True, shown=False),
        Column("in_flight", "in flight", 9, right=True),
        Column("oldest_ns", "oldest", 7, right=True, text=lambda ns: brief(ns) if ns else ""),
        Column("waiting", "waiting", 40, text=waiting_text),
        Column("missed", "missed", 8, right=True),
        Column("polls", "polls", 10, right=True),
        Column("torn", "torn", 6, right=True),
        Column("ambiguous", "ambiguous", 9, right=True),
        Column("kicks", "kicks", 8, right=True),
        Column("calls", "calls", 8, right=True),
        Column("heard", "heard", 11),
        Column("suppression", "suppression", 60, text="; ".join),
        Column("epoch", "epoch", 5, right=True),
        Column("features", "features", 40),
        Column("device_id", "device id", 9, right=True, shown=False),
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
        return self.describe(self.state(index))

    def state(self, index: int) -> RingState:
        """One queue's ring as of the moment."""
        return RingState(self.session, self.session.queues.rings[index], self.at)

    def describe(self, ring: RingState) -> Row:
        """The row of a ring."""
        queue = ring.queue
        epoch = queue.epoch_at(self.at)
        now = moment_ns(self.session, self.at)
        stalled = stall(ring, now, NAMED_NS)
        device = queue.name.rpartition("/")[0] or str(queue.device)
        return {
            "device": device,
            "queue": queue.name,
            "index": queue.index,
            "kind": "packed" if ring.packed else "split",
            "size": epoch.layout.size if epoch else None,
            "desc": hex(epoch.layout.desc) if epoch else None,
            "avail": hex(epoch.layout.avail) if epoch else None,
            "used": hex(epoch.layout.used) if epoch else None,
            **_places(ring),
            "in_flight": ring.in_flight,
            "oldest_ns": now - int(self.session.events.time_ns[ring.oldest]) if ring.oldest >= 0 else None,
            "waiting": waiting(stalled),
            "missed": ring.missed,
            **_observed(ring),
            "heard": list(ring.heard),
            "suppression": suppression(ring),
            "epoch": queue.epoch_number(self.at),
            "features": feature_names(epoch.layout.features, features_of(self.session, queue.device)) if epoch else [],
            "device_id": epoch.layout.device_id if epoch else None,
        }


def _places(ring: RingState) -> dict[str, Any]:
    """Both sides' free-running indices; on a packed ring the slots that they come to next, and their wrap counters."""
    places = {"avail": ring.avail_idx, "used": ring.used_idx}
    slot, known = 0x7FFF if ring.packed else 0xFFFF, {side for side, at in places.items() if at is not None}
    indices = {f"{side}_idx": (at or 0) & slot if side in known else None for side, at in places.items()}
    wraps = {f"{side}_wrap": (at or 0) >> 15 if side in known and ring.packed else None for side, at in places.items()}
    return indices | wraps


def _observed(ring: RingState) -> dict[str, Any]:
    """What the observer did on the queue; None where nobody told."""
    counts = ring.counts
    told = ("polls", "torn", "ambiguous", "kicks", "calls")
    return {name: getattr(counts, name) if counts else None for name in told}
