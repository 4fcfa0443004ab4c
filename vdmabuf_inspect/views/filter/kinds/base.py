"""What every kind of field can do; a kind knows no field, a field has a kind."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array

Accept = Callable[[str], bool]
"""Says of one text whether it matches."""

ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
EQUALITY = ("==", "!=", "in")
SPELLED = ("contains", "matches")


@dataclass(frozen=True)
class Values:
    """A column of n values.

    data: its first dimension is n. present: bool[n], None when all are there. words: the spellings of each code
    in `data`, for kinds that have them. origin: what relative times count from, nanoseconds.
    """

    data: Array
    present: Array | None = None
    words: Sequence[tuple[str, ...]] = ()
    origin: int = 0

    def __len__(self) -> int:
        return len(self.data)

    @property
    def there(self) -> Array:
        """bool[n]: where there is a value at all."""
        return np.ones(len(self.data), bool) if self.present is None else self.present


@dataclass(frozen=True)
class Kind:
    """One kind. `name` is what help and errors call it."""

    name: str
    ordered = False
    spelled = False

    @property
    def operators(self) -> tuple[str, ...]:
        """The comparisons that make sense."""
        return EQUALITY + (tuple(ORDER) if self.ordered else ()) + (SPELLED if self.spelled else ())

    @property
    def examples(self) -> tuple[str, ...]:
        """Values to offer; all of them where they can be counted."""
        return ()

    def read(self, text: str) -> Any:
        """What `equal` and `compare` take. Raises ValueError with a sentence for the user."""
        raise NotImplementedError

    def equal(self, values: Values, wanted: Any) -> Array:
        """bool[n]; of values that are not there it may say anything."""
        return np.asarray(values.data == wanted)

    def compare(self, values: Values, sign: str, wanted: Any) -> Array:
        """bool[n]: `sign` is one of ORDER. Raises ValueError where `wanted` is not one value."""
        return np.asarray(ORDER[sign](values.data, wanted))

    def spell(self, values: Values, accept: Accept) -> Array:
        """bool[n]: whether a value's text is accepted; only of kinds that are `spelled`."""
        raise NotImplementedError

    def may_contain(self, text: str) -> bool:
        """Whether a search for a lower-case text can find anything in this kind."""
        return self.spelled

    def truth(self, values: Values) -> Array:
        """bool[n]: not zero."""
        return np.asarray(values.data != 0)


def spell_codes(values: Values, accept: Accept) -> Array:
    """bool[n]: `accept` asked once for each code's spellings; one that fits is enough."""
    table = np.array([any(map(accept, words)) for words in values.words] or [False])
    return np.asarray(table.take(values.data, mode="clip"))
