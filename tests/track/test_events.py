"""Columns gathered from records' bytes are what unpacking one record after the other gives."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capture.samples import RECORDS
from vdmabuf_inspect.model.record import Record, unpack
from vdmabuf_inspect.track.events import events_of, gather, same_look

QUICK = settings(max_examples=80, deadline=None, derandomize=True)


@QUICK
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20), st.lists(st.integers(0, 25), max_size=8), st.integers(1, 9))
def test_gather_reads_zeros_behind_the_end(words: list[int], base: list[int], count: int) -> None:
    found = gather(np.array(words, np.uint32), np.array(base, np.int64), count)
    endless = words + [0] * 40
    assert found.tolist() == [endless[b : b + count] for b in base]


@QUICK
@given(st.lists(RECORDS, min_size=1, max_size=5), st.integers(0, 200))
def test_columns_are_the_records_fields(records: list[Record], cut: int) -> None:
    packed = [r.pack() for r in records]
    packed[-1] = packed[-1][: max(48, len(packed[-1]) - cut)]
    padded = [p + bytes(-len(p) % 4) for p in packed]
    offset = np.cumsum([0, *map(len, padded)])[:-1]
    data = b"".join(padded)
    sizes = np.array([len(p) for p in packed], np.uint32)
    time = np.array([r.time_ns for r in records], np.int64)
    events = events_of(np.frombuffer(data, "<u4"), 5, time, offset, sizes)
    assert events.row.tolist() == list(range(5, 5 + len(records)))
    for i, body in enumerate(packed):
        one = unpack(body, records[i].time_ns)
        assert one is not None
        for name in ("kind", "flags", "device", "queue", "head", "index", "event", "used_len", "problems", "count"):
            assert int(getattr(events, name)[i]) == int(getattr(one, name)), name
        start, tail = int(events.data[i]), int(events.tail[i])
        assert data[start : start + int(events.readable_kept[i])] == one.readable_bytes
        assert data[tail : tail + int(events.writable_kept[i])] == one.writable_bytes


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
@QUICK
def test_same_look_ends_where_the_time_changes(times: list[int]) -> None:
    time = np.array(sorted(times))
    ends = same_look(time, np.arange(len(time)))
    assert [time[e] for e in ends] == time.tolist()
    assert all(e == len(time) - 1 or time[e + 1] != time[e] for e in ends)
