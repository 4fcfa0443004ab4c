"""What a filter asks of rows, ready to be answered as masks; the cheap questions come first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.fields import BYTES, COLUMN, LOOKUP, Field
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.rows import Rows

_WORTH = {COLUMN: 0.25, LOOKUP: 0.25, BYTES: 0.9}
"""By cost: where a smaller part of the rows than this is still open, only those are looked at."""


class Test(Protocol):
    """A question about rows."""

    @property
    def cost(self) -> int:
        """What it reads (fields.COLUMN, LOOKUP, BYTES)."""

    def mask(self, rows: Rows) -> Array:
        """bool[len(rows)]."""


@dataclass(frozen=True)
class Always:
    """Every row."""

    cost: int = COLUMN

    def mask(self, rows: Rows) -> Array:
        """All True."""
        return np.ones(len(rows), bool)


@dataclass(frozen=True)
class Hit:
    """A field's value is there and `ask` says yes; with `differs`, it is there and `ask` says no.

    Of a field with several values to a row, one that fits is enough, and `differs` holds where none fits.
    """

    field: Field
    ask: Callable[[Values], Array]
    differs: bool = False

    @property
    def cost(self) -> int:
        """The field's."""
        return self.field.cost

    def mask(self, rows: Rows) -> Array:
        """Rows whose value is there and fits."""
        lift = self.field.lift
        there = rows if lift is None else lift.rows(rows)
        values = self.field.get(there)
        present = values.there
        hit = self.ask(values) & present
        if lift is not None:
            hit = lift.back(rows, there, hit)
            present = lift.back(rows, there, present) if self.differs else present
        return np.asarray(present & ~hit if self.differs else hit)


@dataclass(frozen=True)
class Inverse:
    """The rows that `part` leaves out."""

    part: Test

    @property
    def cost(self) -> int:
        """The part's."""
        return self.part.cost

    def mask(self, rows: Rows) -> Array:
        """The opposite."""
        return ~self.part.mask(rows)


@dataclass(frozen=True)
class Everything:
    """All parts hold."""

    parts: tuple[Test, ...]

    @property
    def cost(self) -> int:
        """The dearest part's."""
        return max((p.cost for p in self.parts), default=0)

    def mask(self, rows: Rows) -> Array:
        """Each part is asked of the rows that the parts before left."""
        mask = np.ones(len(rows), bool)
        for part in self.parts:
            _narrow(mask, part, rows)
        return mask


@dataclass(frozen=True)
class OneOf:
    """Some part holds."""

    parts: tuple[Test, ...]

    @property
    def cost(self) -> int:
        """The dearest part's."""
        return max((p.cost for p in self.parts), default=0)

    def mask(self, rows: Rows) -> Array:
        """Each part is asked of the rows that no part before has."""
        missing = np.ones(len(rows), bool)
        for part in self.parts:
            _narrow(missing, Inverse(part), rows)
        return ~missing


def _narrow(mask: Array, part: Test, rows: Rows) -> None:
    """Leave in `mask` what `part` says of the rows that are in it."""
    count = int(np.count_nonzero(mask))
    if not count:
        return
    if count > _WORTH[part.cost] * len(rows):
        mask &= part.mask(rows)
        return
    at = np.flatnonzero(mask)
    mask[at] = part.mask(rows.take(at))
