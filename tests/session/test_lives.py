"""A buffer looked up is the buffer of the moment's columns, however the log grew."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.model.columns import Log
from vdmabuf_inspect.session import lives
from vdmabuf_inspect.session.lives import ByObject, Firsts


@settings(deadline=None)
@given(
    parts=st.lists(st.lists(st.integers(-1, 6), max_size=30), max_size=8),
    tail=st.integers(1, 40),
    ends=st.lists(st.integers(0, 250), min_size=1, max_size=4),
    waited=st.booleans(),
)
def test_rows_of_an_object_are_found_in_a_log_that_grows(
    parts: list[list[int]], tail: int, ends: list[int], waited: bool
) -> None:
    log, kept = Log(object=np.int32), lives._TAIL
    lives._TAIL = tail
    try:
        index, seen = ByObject(log), []
        for part in parts:
            log.append(len(part), object=np.array(part, np.int32))
            seen += part
            for end in ends:
                for number in range(8):
                    wanted = [i for i, one in enumerate(seen[:end]) if one == number]
                    assert index.rows(number, end).tolist() == wanted
            if index._maker is not None and waited:
                index._maker.join()
    finally:
        lives._TAIL = kept


@given(parts=st.lists(st.lists(st.integers(0, 60), max_size=12), max_size=6), seqs=st.lists(st.integers(0, 70)))
def test_objects_are_counted_up_to_the_last_that_was_seen(parts: list[list[int]], seqs: list[int]) -> None:
    log, seen = Log(first=np.int32), []
    firsts = Firsts(log)
    for part in parts:
        log.append(len(part), first=np.array(part, np.int32))
        seen += part
        for seq in seqs:
            assert firsts.known(seq) == max((i + 1 for i, first in enumerate(seen) if first < seq), default=0)
