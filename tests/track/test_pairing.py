"""Pairing against a dictionary that is asked event by event, in batches of any size, gaps and restarts included."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.batches import cuts, events
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.track.pairing import Pairing, chain_log, missed_before

AVAILABLE, USED, GAP = EventKind.AVAILABLE, EventKind.USED, EventKind.GAP
EVENT = st.tuples(
    st.sampled_from([AVAILABLE, AVAILABLE, USED, USED, GAP]),
    st.integers(0, 2),
    st.sampled_from([0, 1, 2, 3, 255, 65535]),
)


@dataclass
class Oracle:
    """What happened last at each head."""

    chains: list[list[int]] = field(default_factory=list)
    last: dict[tuple[int, int], tuple[EventKind, int, int]] = field(default_factory=dict)
    gaps: dict[int, int] = field(default_factory=dict)

    def see(self, row: int, kind: EventKind, qid: int, head: int) -> tuple[int, bool, bool]:
        """(chain, paired, returned twice) of one event."""
        gaps = self.gaps.setdefault(qid, 0)
        if kind is GAP:
            self.gaps[qid] += 1
            return -1, False, False
        before, chain, then = self.last.get((qid, head), (None, -1, 0))
        paired = kind is USED and before is AVAILABLE
        twice = kind is USED and before is USED and then == gaps
        if paired:
            self.chains[chain][1] = row
        else:
            chain = len(self.chains)
            self.chains.append([row, -1] if kind is AVAILABLE else [-1, row])
        self.last[qid, head] = (kind, chain, gaps)
        return chain, paired, twice

    def outstanding(self, qid: int, *, certain: bool) -> list[int]:
        return sorted(
            chain
            for (q, _), (kind, chain, gaps) in self.last.items()
            if q == qid and kind is AVAILABLE and (not certain or gaps == self.gaps[qid])
        )

    def forget(self, qid: int) -> None:
        self.last = {key: value for key, value in self.last.items() if key[0] != qid}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(EVENT, max_size=60), st.data())
def test_pairing(history: list[tuple[EventKind, int, int]], data: st.DataObject) -> None:
    oracle, pairing, gaps = Oracle(), Pairing(chain_log()), np.zeros(3, np.int64)
    for low, high in data.draw(cuts(len(history))):
        kinds, queues, heads = zip(*history[low:high], strict=True)
        batch = events(row=range(low, high), kind=kinds, qid=queues, head=heads)
        pairing.pair(batch, missed_before(batch, gaps))
        pairing.settle()
        told = [oracle.see(low + i, *event) for i, event in enumerate(history[low:high])]
        assert list(zip(batch.chain, batch.paired, batch.returned_twice, strict=True)) == told
        if data.draw(st.booleans()):
            pairing.forget(1)
            oracle.forget(1)
    chains = pairing.chains
    assert list(map(list, zip(chains.available, chains.used, strict=True))) == oracle.chains
    for qid in range(3):
        assert pairing.outstanding(qid).tolist() == oracle.outstanding(qid, certain=False)
        missed = oracle.gaps.setdefault(qid, 0)
        assert pairing.outstanding(qid, missed).tolist() == oracle.outstanding(qid, certain=True)


def test_gaps_count_per_queue_and_go_on() -> None:
    so_far = np.array([2, 0], np.int64)
    batch = events(kind=[AVAILABLE, GAP, AVAILABLE, GAP, USED, USED], qid=[0, 0, 0, 1, 1, 0])
    assert missed_before(batch, so_far).tolist() == [2, 3, 3, 1, 1, 3]
    assert so_far.tolist() == [3, 1]


def test_many_queues_cost_what_they_use() -> None:
    """A recording of nonsense names thousands of queues; none of them may cost a table of all heads."""
    pairing, n = Pairing(chain_log()), 4000
    batch = events(kind=[AVAILABLE] * n, qid=range(n), head=[(i * 7919) & 0xFFFF for i in range(n)])
    pairing.pair(batch, np.zeros(n, np.int32))
    assert [pairing.outstanding(q).tolist() for q in (0, 1, n - 1)] == [[0], [1], [n - 1]]
    assert pairing.last.nbytes + pairing.chain.nbytes + pairing.gap.nbytes < 1 << 20
