"""The table of faults and the decorator by which one gets into it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

_S = TypeVar("_S")


class Side(StrEnum):
    """Who commits a fault."""

    DRIVER = "driver"
    DEVICE = "device"


def _always(step: Any) -> bool:
    return True


@dataclass(frozen=True)
class Fault:
    """One thing to do wrong: `commit` changes a step of type `step` for which `when` holds.

    It is committed at the `first` occasion, `times` times (0: from then on at each), unless the plan says otherwise.
    """

    name: str
    side: Side
    rules: tuple[str, ...]
    """Rules of which each must fire for it."""
    text: str
    step: type
    commit: Callable[[Any], None]
    when: Callable[[Any], bool]
    first: int
    times: int
    options: str
    """Options that it wants beside it."""


FAULTS: dict[str, Fault] = {}
"""Every fault by name."""


def fault(
    name: str,
    side: Side,
    step: type[_S],
    rules: str,
    *,
    when: Callable[[_S], bool] = _always,
    first: int = 3,
    times: int = 1,
    options: str = "",
) -> Callable[[Callable[[_S], None]], Callable[[_S], None]]:
    """Put a function over one step into the table; its docstring is the fault's description."""

    def enter(commit: Callable[[_S], None]) -> Callable[[_S], None]:
        text = (commit.__doc__ or "").strip()
        FAULTS[name] = Fault(name, side, tuple(rules.split()), text, step, commit, when, first, times, options)
        return commit

    return enter
