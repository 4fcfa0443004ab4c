"""Operations of one look are put into an order that can have happened."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.track.settle import BEGIN, END, OTHER, settle

HISTORIES = st.lists(st.integers(1, 6), max_size=8)


def legal(kinds: list[int], alive: bool) -> bool:
    for kind in kinds:
        if kind != OTHER:
            if (kind == BEGIN) == alive:
                return False
            alive = kind == BEGIN
    return True


@given(looks=HISTORIES, alive=st.booleans(), data=st.data())
def test_a_legal_history_seen_in_looks_is_found_again(looks: list[int], alive: bool, data: st.DataObject) -> None:
    """Exports and releases alternate; each look shows one queue's part before the other's."""
    kinds, look, state = [], [], alive
    for number, length in enumerate(looks):
        true = []
        for _ in range(length):
            true.append(END if state else BEGIN)
            state = not state
        first = data.draw(st.sampled_from([BEGIN, END]))
        kinds += [k for k in true if k == first] + [k for k in true if k != first]
        look += [number] * length
    n = len(kinds)
    if not n:
        return
    opens = np.arange(n) == 0
    order, moved = settle(np.array(kinds, np.uint8), np.array(look), opens, np.full(n, alive))
    assert sorted(order.tolist()) == list(range(n))
    assert legal([kinds[i] for i in order], alive)
    assert [look[i] for i in order] == look
    assert not moved.any() or not legal(kinds, alive)


def test_what_cannot_be_set_right_keeps_its_offence() -> None:
    kinds = np.array([BEGIN, END, END], np.uint8)
    order, _ = settle(kinds, np.zeros(3), np.array([True, False, False]), np.zeros(3, bool))
    assert not legal(kinds[order].tolist(), False)


def test_what_came_back_stays_with_its_export() -> None:
    """A frame is exported again, returned, and released, in a look that shows the exports first."""
    kinds = np.array([BEGIN, OTHER, END], np.uint8)
    order, moved = settle(kinds, np.zeros(3), np.array([True, False, False]), np.ones(3, bool))
    assert kinds[order].tolist() == [END, BEGIN, OTHER] and moved.all()
