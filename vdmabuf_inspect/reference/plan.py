"""A plan: which faults a peer commits and when."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.reference.faults import FAULTS, Fault, Side


@dataclass
class _Planned:
    fault: Fault
    first: int
    occasions: int = 0
    done: int = 0

    def due(self) -> bool:
        """Whether this occasion is one at which to commit it."""
        self.occasions += 1
        return self.occasions >= self.first and (not self.fault.times or self.done < self.fault.times)


class Plan:
    """Faults of one side. `meet` is what a peer shows its steps to; each fault committed is logged in one line."""

    def __init__(self, text: str, side: Side, log: Callable[[str], None]) -> None:
        """Read `NAME[@N][,NAME[@N]…]`. Raises UsageError for an unknown name and for the other side's fault."""
        self._log = log
        self._side = side
        self._planned = [_read(part.strip(), side) for part in text.split(",") if part.strip()]

    def meet(self, step: Any) -> None:
        """Change the step where a fault is due."""
        for planned in self._planned:
            if isinstance(step, planned.fault.step) and planned.fault.when(step) and planned.due():
                planned.done += 1
                planned.fault.commit(step)
                self._log(f"{self._side}: fault {planned.fault.name} committed ({' '.join(planned.fault.rules)})")

    @property
    def uncommitted(self) -> list[str]:
        """Faults that found no occasion."""
        return [planned.fault.name for planned in self._planned if not planned.done]


def listing(side: Side | None = None) -> str:
    """The table of faults, one line each: name, side, rules, what it does."""
    chosen = [f for f in FAULTS.values() if side in (None, f.side)]
    width = max(len(f.name) for f in chosen)
    return "\n".join(
        f"{f.name:<{width}} {f.side:<7} {' '.join(f.rules):<6} {f.text}{f' ({f.options})' if f.options else ''}"
        for f in chosen
    )


def _read(text: str, side: Side) -> _Planned:
    name, _, occasion = text.partition("@")
    fault = FAULTS.get(name)
    if fault is None:
        near = difflib.get_close_matches(name, FAULTS, 1)
        next_step = f"did you mean {near[0]}?" if near else "--help lists them"
        raise UsageError(f"no fault is called {name!r}; {next_step}")
    if fault.side is not side:
        raise UsageError(f"fault {name} is the {fault.side}'s to commit, not the {side}'s")
    if occasion and not (occasion.isdecimal() and int(occasion) > 0):
        raise UsageError(f"fault {text!r}: after @ comes the number of an occasion, from 1")
    return _Planned(fault, int(occasion) if occasion else fault.first)
