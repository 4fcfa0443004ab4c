"""How fast something is with us watching, against without, in one run on a machine that others use too.

Whatever else the machine does only ever makes a round slower. So what is compared is the upper quarter of many short
rounds that take turns: a disturbance of our own is in every round that is watched, that of others is not.
"""

from collections.abc import Callable
from statistics import mean

ROUNDS = 12
MOST_ROUNDS = 96
FLOOR = 0.95

Round = Callable[[], float]


def undisturbed(alone: Round, watched: Round) -> tuple[float, str]:
    """The ratio of `watched` to `alone`, each a round that tells a speed, and all rounds in words.

    Goes on until the ratio is FLOOR or better, or MOST_ROUNDS are over, so that one bad stretch is not a verdict.
    """
    speeds: tuple[list[float], list[float]] = ([], [])
    ratio = 0.0
    while len(speeds[0]) < MOST_ROUNDS and ratio < FLOOR:
        for _ in range(ROUNDS):
            first, second = (0, 1) if len(speeds[0]) % 2 else (1, 0)
            for arm in (first, second):
                speeds[arm].append((alone, watched)[arm]())
        ratio = _best(speeds[1]) / _best(speeds[0])
    words = f"watched {_best(speeds[1]):.0f}, alone {_best(speeds[0]):.0f}, {len(speeds[0])} rounds each"
    return ratio, f"{ratio:.3f}: {words}"


def _best(speeds: list[float]) -> float:
    """The mean of the upper quarter."""
    return mean(sorted(speeds)[-max(1, len(speeds) // 4) :])
