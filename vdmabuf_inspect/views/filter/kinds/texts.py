"""Kinds with a spelling: texts, names out of a list, hexadecimal bytes, buffer names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.kinds.base import Accept, Kind, Values, spell_codes

Spellings = Sequence[tuple[str, ...]]


def folded(text: str) -> str:
    """Case, underscores and blanks make no difference in a name."""
    return text.casefold().replace("_", "-").replace(" ", "-")


@dataclass(frozen=True)
class Containing:
    """Accepts texts that contain `needle`; case and _ - make no difference. Kinds may look for it in their own way."""

    needle: str

    def __call__(self, text: str) -> bool:
        """Whether it does."""
        return self.needle in folded(text)


def has_glob(text: str) -> bool:
    """Whether * or ? stand in it."""
    return "*" in text or "?" in text


def glob(text: str) -> Accept:
    """Accepts texts that look like `text`, where * is any characters and ? one; case and _ - make no difference."""
    parts = re.split(r"([*?])", re.sub(r"\*+", "*", folded(text)))
    pattern = re.compile("".join({"*": ".*", "?": "."}.get(p) or re.escape(p) for p in parts), re.DOTALL)
    return lambda candidate: pattern.fullmatch(folded(candidate)) is not None


@dataclass(frozen=True)
class Text(Kind):
    """Any text; `data` are codes, `words` what each may be called. * and ? stand for other characters."""

    name: str = "text"
    spelled = True

    def read(self, text: str) -> Accept:
        """What accepts this text."""
        return glob(text)

    def equal(self, values: Values, wanted: Accept) -> Array:
        """One of the spellings is this."""
        return spell_codes(values, wanted)

    def spell(self, values: Values, accept: Accept) -> Array:
        """Any spelling."""
        return spell_codes(values, accept)

    def truth(self, values: Values) -> Array:
        """Not empty."""
        return spell_codes(values, bool)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a list of names; `data` are places in it, plus `first`.

    choices: the names, each with its spellings. order: whether a later name is more. zero: the place that counts
    as nothing.
    """

    name: str
    choices: Callable[[], Spellings]
    first: int = 0
    order: bool = False
    zero: int | None = None
    spelled = True

    @property
    def ordered(self) -> bool:  # type: ignore[override]
        """As the list says."""
        return self.order

    @property
    def examples(self) -> tuple[str, ...]:
        """The first spelling of each, once where several have the same."""
        return tuple(dict.fromkeys(words[0] for words in self.choices()))

    def read(self, text: str) -> tuple[int, ...]:
        """The values that are meant, ascending; never empty."""
        accept = glob(text)
        found = [i + self.first for i, words in enumerate(self.choices()) if any(map(accept, words))]
        if not found:
            raise ValueError(f"no {self.name} is called {text!r}; {self._hint(text)}")
        return tuple(found)

    def _hint(self, text: str) -> str:
        names = self.examples
        everything = {folded(w): w for words in self.choices() for w in words}
        near = get_close_matches(folded(text), everything, 3, 0.5)
        if near:
            return f"near it: {', '.join(everything[n] for n in near)}"
        return f"there are {', '.join(names)}" if len(names) <= 12 else f"such as {names[0]}"

    def equal(self, values: Values, wanted: tuple[int, ...]) -> Array:
        """One of the values."""
        if len(wanted) == 1:
            return np.asarray(values.data == wanted[0])
        table = np.zeros(wanted[-1] + 2, bool)  # the last entry answers for whatever is larger
        table[list(wanted)] = True
        return np.asarray(table.take(values.data, mode="clip"))

    def compare(self, values: Values, sign: str, wanted: tuple[int, ...]) -> Array:
        """By place in the list."""
        if len(wanted) > 1:
            raise ValueError(f"one {self.name} is needed here, not several")
        return super().compare(values, sign, wanted[0])

    def spell(self, values: Values, accept: Accept) -> Array:
        """Any spelling."""
        blank: list[tuple[str, ...]] = [()] * self.first
        return spell_codes(Values(values.data, words=[*blank, *self.choices()]), accept)

    def truth(self, values: Values) -> Array:
        """Not the value that counts as nothing."""
        return values.there if self.zero is None else np.asarray(values.data != self.zero)
