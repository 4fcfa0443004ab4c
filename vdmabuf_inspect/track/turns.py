"""Whether devices that promised to use chains in order do so (VIRTIO_F_IN_ORDER), a batch at a time."""

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.track.events import Events


class Turns:
    """The chains that each in-order queue's device has, oldest first."""

    def __init__(self) -> None:
        self._waiting: dict[int, Array] = {}

    def judge(self, events: Events) -> None:
        """Fill in `out_of_turn` of the batch, which is paired."""
        events.out_of_turn = np.zeros(len(events), bool)
        ordered = events.has(Feature.IN_ORDER) & (events.chain >= 0)
        for qid in distinct(events.qid[ordered]) if ordered.any() else ():
            self._judge(events, int(qid), np.flatnonzero(ordered & (events.qid == qid)))

    def forget(self, qid: int) -> None:
        """A queue starts over: nothing is outstanding."""
        self._waiting.pop(qid, None)

    def _judge(self, events: Events, qid: int, rows: Array) -> None:
        used = (events.kind[rows] == EventKind.USED) & events.paired[rows]
        offered = events.chain[rows[events.kind[rows] == EventKind.AVAILABLE]]
        waiting = np.concatenate([self._waiting.get(qid, np.empty(0, np.int32)), offered])
        returned = events.chain[rows[used]]
        if np.array_equal(waiting[: len(returned)], returned):
            self._waiting[qid] = waiting[len(returned) :]
        else:
            self._one_by_one(events, qid, rows)

    def _one_by_one(self, events: Events, qid: int, rows: Array) -> None:
        waiting = dict.fromkeys(self._waiting.get(qid, np.empty(0, np.int32)).tolist())
        for row in rows.tolist():
            chain = int(events.chain[row])
            if events.kind[row] == EventKind.AVAILABLE:
                waiting[chain] = None
            elif chain in waiting:
                events.out_of_turn[row] = next(iter(waiting)) != chain
                del waiting[chain]
        self._waiting[qid] = np.array(list(waiting), np.int32)
