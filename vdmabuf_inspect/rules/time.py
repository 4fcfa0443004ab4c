"""Rules that need the clock or the end of a queue (VR170, VR171)."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import History, On, Standing, rule
from vdmabuf_inspect.track.stall import Stall, Wait


@dataclass(eq=False, repr=False)
class Clock:
    """The state after a batch: time, chains that the device has, chains that can no longer come back.

    `waiting` maps a queue number to the chain rows outstanding on it that ask something of the device (that
    have readable bytes); `returned` are chain rows that came back late in this batch; `lost` those that never will;
    `stalls` the queues that have waited for longer than `stuck_after_ns`; `unasked` are kicks that nobody wanted;
    `resumed_ns` is when each queue last went on after a pause, which is no time that anything waited.
    """

    now_ns: int
    stuck_after_ns: int
    events: Log
    chains: Log
    qid_of_row: Array
    waiting: dict[int, Array] = field(default_factory=dict)
    returned: Array = field(default_factory=lambda: np.empty(0, np.int32))
    lost: list[Standing] = field(default_factory=list)
    stalls: list[Stall] = field(default_factory=list)
    unasked: list[Standing] = field(default_factory=list)
    resumed_ns: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def age_ns(self, chains: Array) -> Array:
        """int64[n]: how long the chains have been available, or were until they came back."""
        rows = self.chains.available[chains]
        begin = self.events.time_ns[rows]
        if len(self.resumed_ns):
            begin = np.maximum(begin, self.resumed_ns[self.qid_of_row[rows]])
        used = self.chains.used[chains]
        end = np.where(used >= 0, self.events.time_ns[np.maximum(used, 0)], self.now_ns)
        return np.asarray(end - begin)


_TEXTS = (None, Culprit.DEVICE, Culprit.DRIVER)
"""Who is to move, in the order of the texts of VR170."""


@rule(
    "VR170", "chain-stuck", Severity.WARNING, Culprit.DEVICE, "-",
    "the chain at head {head} of {queue} has been with the device for {a} ms"
    "|the chain at head {head} of {queue} has waited for {a} ms: for the device to move"
    "|the chain at head {head} of {queue} has waited for {a} ms: for the driver to move, a kick was due", on=On.CLOCK,
)  # fmt: skip
def chain_stuck(clock: Clock) -> list[Standing]:
    """What it does: finds requests that the device has had for longer than `--stuck-after`, and who is to move.

    Why it is bad: the guest waits. Empty receive buffers wait by design and are not meant.
    Example: a kick that got lost, or a back end that forgot one of several requests.
    """
    suspects = np.concatenate([*clock.waiting.values(), clock.returned]).astype(np.int64)
    age = clock.age_ns(suspects)
    late = age > clock.stuck_after_ns
    rows = clock.chains.available[suspects[late]]
    by_row = {stall.row: stall.wait.mover for stall in clock.stalls}
    by_queue = {stall.qid: stall.wait.mover for stall in clock.stalls if stall.wait is not Wait.CALL}
    out = clock.chains.used[suspects[late]] < 0
    columns = rows, clock.qid_of_row[rows], age[late] // 1_000_000, out
    return [
        _stuck(row, qid, ms, by_row.get(row, by_queue.get(qid) if waits else None))
        for row, qid, ms, waits in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _stuck(row: int, qid: int, ms: int, mover: Culprit | None) -> Standing:
    return Standing(row, qid, a=ms, b=_TEXTS.index(mover), culprit=mover)


@rule(
    "VR171", "chain-lost", Severity.ERROR, Culprit.DEVICE, "2.7.8",
    "the chain at head {head} of {queue} never came back", on=On.CLOCK, history=History.NEEDED,
)  # fmt: skip
def chain_lost(clock: Clock) -> list[Standing]:
    """What it does: finds requests that were outstanding when their queue was drained, stopped or closed.

    Why it is bad: descriptors and memory of the chain are lost to the driver for good.
    Example: a host that returns from an error path without an entry in the used ring.
    """
    return clock.lost
