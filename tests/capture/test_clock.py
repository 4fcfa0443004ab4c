"""Times of any resolution become nanoseconds, exactly or saturated."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.capture.clock import nanoseconds

from .foreign import clock


@given(st.integers(0, 2**64 - 1), st.integers(0, 255), st.integers(-(2**32), 2**32))
def test_agrees_with_whole_numbers(ticks: int, resolution: int, offset: int) -> None:
    got = int(nanoseconds(np.array([ticks], np.uint64), resolution, offset)[0])
    expected = clock(ticks, resolution, offset)
    saturated = clock(ticks, resolution, 0) > 2**63 - 2 * 10**9
    assert abs(got - expected) <= (abs(offset) + 2) * 10**9 if saturated else abs(got - expected) <= 1


@given(st.integers(0, 2**62), st.sampled_from([0, 3, 6, 9, 0x80, 0x8A, 0xA0]))
def test_is_exact_where_nanoseconds_are(ticks: int, resolution: int) -> None:
    got = int(nanoseconds(np.array([ticks], np.uint64), resolution)[0])
    expected = clock(ticks, resolution, 0)
    assert got == expected or expected > 2**63 - 2 * 10**9


@given(st.integers(0, 2**64 - 1), st.integers(0, 255), st.integers(-(2**63), 2**63 - 1))
def test_never_wraps(ticks: int, resolution: int, offset: int) -> None:
    times = nanoseconds(np.array([0, ticks], np.uint64), resolution, offset)
    assert times[0] <= times[1]
    assert (int(times[0]) > 0) == (offset > 0)
