"""The pace of looking."""

from vdmabuf_inspect.sources.pace import BUSY_SECONDS, IDLE_SECONDS, QUIET_SECONDS, Pace


def test_pauses_grow_while_nothing_happens_and_end_when_something_does() -> None:
    pace, pauses = Pace(), []
    for _ in range(300):
        pace.slow(kicked=True)
        pauses.append(pace.pause)
    assert pauses == sorted(pauses) and pauses[-1] == QUIET_SECONDS
    assert pauses[50] == IDLE_SECONDS and sum(p < IDLE_SECONDS for p in pauses) < 20
    pace.hurry()
    assert pace.pause == BUSY_SECONDS


def test_a_driver_that_does_not_kick_is_looked_at_more_often() -> None:
    pace = Pace()
    for _ in range(1000):
        pace.slow(kicked=False)
    assert pace.pause == IDLE_SECONDS
