"""Lifecycle tables: an object's state after each operation, computed for a whole batch at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array


@dataclass(frozen=True, eq=False)
class Lifecycle:
    """States and operations by name, and the state that follows each pair; state 0 is "never seen".

    A pair that is not in `after` leaves the state as it is.
    """

    states: tuple[str, ...]
    operations: tuple[str, ...]
    after: Mapping[tuple[str, str], str]
    live: frozenset[str]
    """States in which the object is shared with the device."""

    def table(self) -> Array:
        """uint8[operations, states]: the state after an operation."""
        rows = [[self.states.index(self.after.get((s, o), s)) for s in self.states] for o in self.operations]
        return np.array(rows, np.uint8)

    def live_mask(self) -> Array:
        """bool[states]."""
        return np.array([s in self.live for s in self.states])


def scan(table: Array, operation: Array, opens: Array, initial: Array) -> tuple[Array, Array]:
    """(before, after) states of every operation.

    operation: uint8[n], sorted so that each object's operations stand together in event order; opens: bool[n],
    True at an object's first; initial: uint8[n], the object's state before its first (read where `opens`).
    Each operation is a function from state to state; a segmented prefix composition by doubling applies them
    all in log2(longest run) steps.
    """
    n = len(operation)
    run = table[operation]
    start = np.maximum.accumulate(np.where(opens, np.arange(n), 0))
    distance = np.arange(n) - start
    step, longest = 1, int(distance.max()) if n else 0
    while step <= longest:
        later = np.flatnonzero(distance >= step)
        run[later] = np.take_along_axis(run[later], run[later - step].astype(np.intp), axis=1)
        step *= 2
    begin = initial[start]
    after = run[np.arange(n), begin]
    before = np.where(opens, begin, np.roll(after, 1))
    return before.astype(np.uint8), after.astype(np.uint8)
