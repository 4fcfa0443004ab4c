"""What a field and a table are; completion, help and evaluation all read these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.kinds.base import Kind, Values
from vdmabuf_inspect.views.filter.rows import Rows

COLUMN, LOOKUP, BYTES = 0, 1, 2
"""What reading a field costs: an array that is there, a look into another log, message bytes."""


@dataclass(frozen=True)
class Lift:
    """How rows of one table reach those of another that a field belongs to.

    rows: the other table's rows that matter. back: which of the first rows have any of those that a mask marks.
    """

    rows: Callable[[Any], Rows]
    back: Callable[[Any, Any, Array], Array]


@dataclass(frozen=True)
class Field:
    """One field: `get` reads its column over some rows of the table (of the other table where there is a `lift`)."""

    name: str
    kind: Kind
    doc: str
    get: Callable[[Any], Values]
    cost: int = COLUMN
    searched: bool = False
    """Whether a search looks at its text."""
    lift: Lift | None = None


@dataclass(frozen=True)
class Table:
    """One table: `rows(session, start, stop, seq)` are those behind its places `start` to `stop`."""

    name: str
    rows: Callable[[Session, int, int, int], Rows]
    fields: Mapping[str, Field]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Further names of fields."""

    def find(self, name: str) -> Field | None:
        """The field of this name."""
        return self.fields.get(self.aliases.get(name, name))


def by_name(*fields: Field) -> dict[str, Field]:
    """The fields by their names, in order."""
    return {f.name: f for f in fields}


def lifted(fields: tuple[Field, ...], lift: Lift, prefix: str = "") -> list[Field]:
    """The same fields, reached from another table, where `prefix` stands before their names."""
    return [replace(f, name=prefix + f.name, lift=lift, cost=max(f.cost, LOOKUP)) for f in fields]
