"""The pace of looking."""

import time

import pytest

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.options import parse_poll
from vdmabuf_inspect.sources.pace import BUSY_SECONDS, IDLE_SECONDS, QUIET_SECONDS, Pace


def quick(pace: Pace, found: bool = False, kicked: bool = True) -> float:
    """A look that takes no time; the pause after it."""
    pace.begin()
    pace.hurry() if found else pace.slow(kicked)
    return pace.pause


def test_pauses_grow_while_nothing_happens_and_end_when_something_does() -> None:
    pace = Pace()
    pauses = [quick(pace) for _ in range(300)]
    assert pauses == sorted(pauses) and pauses[-1] == QUIET_SECONDS
    assert pauses[50] == IDLE_SECONDS and sum(p < IDLE_SECONDS for p in pauses) < 20
    assert quick(pace, found=True) == BUSY_SECONDS


def test_a_driver_that_does_not_kick_is_looked_at_more_often() -> None:
    pace = Pace()
    for _ in range(1000):
        pause = quick(pace, kicked=False)
    assert pause == IDLE_SECONDS


def test_looks_that_take_long_leave_as_much_time_to_others() -> None:
    pace = Pace()
    pace.begin()
    time.sleep(0.01)
    pace.hurry()
    assert pace.pause >= 0.01


@pytest.mark.parametrize("found", [True, False])
def test_a_rate_that_is_asked_for_is_kept_whatever_happens(found: bool) -> None:
    pace = Pace(2000.0)
    looks, end = 0, time.monotonic() + 0.2
    while time.monotonic() < end:
        time.sleep(pace.pause)
        quick(pace, found)
        looks += 1
    assert 300 < looks <= 430


def test_as_often_as_possible_is_without_a_pause() -> None:
    pace = Pace(parse_poll("max"))
    assert quick(pace) == 0 and quick(pace, found=True) == 0


def test_a_rate_is_a_number_above_zero_or_max() -> None:
    assert parse_poll("10000") == 10_000 and parse_poll("0.5") == 0.5 and parse_poll("max") == float("inf")
    for wrong in ("0", "-1", "fast", "", "nan", "10 000"):
        with pytest.raises(UsageError, match="looks a second"):
            parse_poll(wrong)
