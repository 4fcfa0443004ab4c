"""Guest memory: the last segment given counts, holes are faults, and columns mean the same as segments."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.memory.extents import LIMIT, flatten

RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=12)


def filled(gpa: int, size: int, value: int) -> Segment:
    return Segment(gpa, size, lambda offset, count: bytes([value]) * min(count, size - offset))


def painted(runs: list[tuple[int, int]]) -> dict[int, int]:
    """What each address holds: the obvious way."""
    return {at: i + 1 for i, (gpa, size) in enumerate(runs) for at in range(gpa, gpa + size)}


@given(RUNS)
def test_each_address_reads_from_the_last_segment_that_has_it(runs: list[tuple[int, int]]) -> None:
    memory = Memory(filled(gpa, size, i + 1) for i, (gpa, size) in enumerate(runs))
    truth = painted(runs)
    for at in range(90):
        assert memory.covers(at, 1) is (at in truth)
        assert memory.read_some(at, 1) == (bytes([truth[at]]) if at in truth else b"")
    assert {at for gpa, size in memory.regions() for at in range(gpa, gpa + size)} == set(truth)
    assert all(a + n < b for (a, n), (b, _) in zip(memory.regions(), memory.regions()[1:], strict=False))


@given(RUNS, st.integers(0, 90), st.integers(1, 90))
def test_reading_across_segments_stops_at_the_first_hole(runs: list[tuple[int, int]], at: int, size: int) -> None:
    memory = Memory(filled(gpa, n, i + 1) for i, (gpa, n) in enumerate(runs))
    truth = painted(runs)
    hole = next((a for a in range(at, at + size) if a not in truth), None)
    expected = bytes(truth[a] for a in range(at, at + size if hole is None else hole))
    assert memory.read_some(at, size) == expected
    assert memory.covers(at, size) is (hole is None)
    if hole is not None:
        with pytest.raises(FaultError) as fault:
            memory.read(at, size)
        assert fault.value.address == hole


@given(RUNS)
def test_columns_mean_the_same_as_segments(runs: list[tuple[int, int]]) -> None:
    image = bytes(range(256))
    gpa, size = (np.array([r[i] for r in runs], np.uint64) for i in (0, 1))
    offset = np.arange(len(runs)) * 17
    columns = Memory.of_columns(gpa, size, offset, np.zeros(len(runs), int), [lambda o, n: (image * 2)[o : o + n]])
    for at in range(90):
        owner = next((i for i in reversed(range(len(runs))) if runs[i][0] <= at < sum(runs[i])), None)
        expected = b"" if owner is None else image[17 * owner + at - runs[owner][0] :][:1]
        assert columns.read_some(at, 1) == expected


def test_impossible_runs_are_no_memory() -> None:
    given_runs = [(LIMIT, 1), (LIMIT - 1, 1), (1 << 63, 4096), ((1 << 64) - 1, (1 << 64) - 1), (0, (1 << 64) - 1)]
    gpa, size = (np.array([r[i] for r in given_runs], np.uint64) for i in (0, 1))
    assert flatten(gpa, size).start.tolist() == [LIMIT - 1]
    assert Memory([filled((1 << 63) + 1, 8, 1), filled(-4, 8, 1)]).regions() == []


def test_a_reader_that_gives_less_is_a_fault_where_it_ends() -> None:
    memory = Memory([Segment(0x1000, 16, lambda offset, size: b"abcd"[offset : offset + size])])
    assert memory.covers(0x1000, 16) and memory.read_some(0x1002, 8) == b"cd"
    with pytest.raises(FaultError) as fault:
        memory.read(0x1000, 8)
    assert (fault.value.address, fault.value.size) == (0x1004, 4)


def test_replacing_segments() -> None:
    memory = Memory([filled(0, 8, 1)])
    memory.replace([filled(4, 8, 2)])
    assert memory.regions() == [(4, 8)] and memory.read(4, 2) == b"\2\2"


def test_runs_all_over_each_other_take_no_more_than_a_sort() -> None:
    n = 100_000
    began = time.perf_counter()
    flat = flatten(np.arange(n), np.arange(2 * n, 0, -2))
    assert len(flat.start) == 2 * n - 1 and time.perf_counter() - began < 5.0
