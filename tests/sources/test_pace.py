"""The pace of looking."""

import time

import pytest

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.options import parse_poll
from vdmabuf_inspect.sources.pace import BUSY_SECONDS, IDLE_SECONDS, QUIET_SECONDS, WARM_SECONDS, Pace


def quick(pace: Pace, found: bool = False, kicked: bool = True) -> float:
    """A look that takes no time; the pause after it."""
    pace.begin()
    pace.hurry() if found else pace.slow(kicked)
    return pace.pause


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still unless it is set."""
    now = [1000.0]
    monkeypatch.setattr("vdmabuf_inspect.sources.pace.monotonic", lambda: now[0])
    return now


def idle(pace: Pace, clock: list[float], seconds: float, kicked: bool = True) -> dict[float, float]:
    """Looks for so long at rings on which nothing happens; the pauses, by the time since the beginning."""
    begun, pauses = clock[0], {}
    while clock[0] - begun < seconds:
        pauses[clock[0] - begun] = pause = quick(pace, kicked=kicked)
        clock[0] += pause
    return pauses


def test_pauses_grow_while_nothing_happens_and_end_when_something_does(clock: list[float]) -> None:
    pace = Pace()
    quick(pace, found=True)
    pauses = idle(pace, clock, 10)
    assert list(pauses.values()) == sorted(pauses.values())
    assert {pause for at, pause in pauses.items() if 0.1 < at < 0.9} == {WARM_SECONDS}
    assert {pause for at, pause in pauses.items() if 1.2 < at < 1.8} == {IDLE_SECONDS}
    assert {pause for at, pause in pauses.items() if at > 3} == {QUIET_SECONDS}
    assert quick(pace, found=True) == BUSY_SECONDS


def test_a_driver_that_cannot_be_heard_is_looked_at_more_often_for_longer(clock: list[float]) -> None:
    pauses = idle(Pace(), clock, 10, kicked=False)
    assert {pause for at, pause in pauses.items() if 1.2 < at < 3.8} == {IDLE_SECONDS}
    assert {pause for at, pause in pauses.items() if at > 5} == {QUIET_SECONDS}


def test_a_still_guest_with_many_rings_costs_a_small_share(clock: list[float]) -> None:
    pace = Pace()
    for _ in range(2000):
        pace.begin()
        clock[0] += 0.0004
        pace.slow(kicked=False)
        clock[0] += pace.pause
    assert pace.pause == pytest.approx(0.0004 / 0.006)


def test_looks_that_take_long_leave_as_much_time_to_others() -> None:
    pace = Pace()
    pace.begin()
    time.sleep(0.01)
    pace.hurry()
    assert pace.pause >= 0.01


def flood(pace: Pace, clock: list[float], hopeless: bool) -> None:
    """A look of 10 ms that found something."""
    clock[0] += pace.pause
    pace.begin()
    clock[0] += 0.01
    pace.hurry(hopeless)


def test_a_flood_that_cannot_be_followed_is_sampled(clock: list[float]) -> None:
    pace, begun = Pace(), clock[0]
    for _ in range(100):
        flood(pace, clock, hopeless=True)
    assert 100 * 0.01 / (clock[0] - begun) == pytest.approx(2 / 63, abs=0.01)
    assert pace.resting


def test_one_hopeless_look_is_followed_by_one_at_once(clock: list[float]) -> None:
    pace = Pace()
    for _ in range(10):
        flood(pace, clock, hopeless=True)
        assert pace.pause <= 0.01 and not pace.resting
        flood(pace, clock, hopeless=False)
        assert pace.pause <= 0.01 and not pace.resting


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
