"""Kinds with a spelling: texts, names out of a list, hexadecimal bytes, buffer names."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.kinds.base import Accept, Kind, Values, spell_codes
from vdmabuf_inspect.views.names import letters

Spellings = Sequence[tuple[str, ...]]


def folded(text: str) -> str:
    """Case, underscores and blanks make no difference in a name."""
    return text.casefold().replace("_", "-").replace(" ", "-")


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
        """The first spelling of each."""
        return tuple(words[0] for words in self.choices())

    def read(self, text: str) -> tuple[int, ...]:
        """The values that are meant, ascending; never empty."""
        accept = glob(text)
        found = [i + self.first for i, words in enumerate(self.choices()) if any(map(accept, words))]
        if not found:
            raise ValueError(f"no {self.name} is called {text!r}; {self._hint(text)}")
        return tuple(found)

    def _hint(self, text: str) -> str:
        names = self.examples
        if len(names) <= 12:
            return f"there are {', '.join(names)}"
        everything = {folded(w): w for words in self.choices() for w in words}
        near = get_close_matches(folded(text), everything, 3, 0.5)
        return f"near it: {', '.join(everything[n] for n in near)}" if near else f"such as {names[0]}"

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


@dataclass(frozen=True)
class Hex(Kind):
    """Bytes as they stand on the wire, in hexadecimal; `data` is uint64[n, size / 8]."""

    name: str
    size: int
    spelled = True

    def read(self, text: str) -> Array | Accept:
        """Words to compare with, or what accepts the hexadecimal text."""
        wanted = text.lower().removeprefix("0x").replace(":", "")
        if has_glob(wanted):
            return glob(wanted)
        if not re.fullmatch(f"[0-9a-f]{{{2 * self.size}}}", wanted):
            raise ValueError(
                f"{text!r} is no {self.name} of {2 * self.size} hex digits; end the beginning of one with *"
            )
        return np.frombuffer(bytes.fromhex(wanted), "<u8")

    def equal(self, values: Values, wanted: Array | Accept) -> Array:
        """All bytes the same."""
        if callable(wanted):
            return self.spell(values, wanted)
        return np.asarray((values.data == wanted).all(axis=1))

    def spell(self, values: Values, accept: Accept) -> Array:
        """The hexadecimal digits."""
        digits, width = np.ascontiguousarray(values.data, "<u8").tobytes().hex(), 2 * self.size
        return _asked(accept, (digits[i : i + width] for i in range(0, len(digits), width)))

    def may_contain(self, text: str) -> bool:
        """Only digits."""
        return set(text) <= set("0123456789abcdef")

    def truth(self, values: Values) -> Array:
        """Any byte."""
        return np.asarray(values.data.any(axis=1))


@dataclass(frozen=True)
class BufferName(Kind):
    """`VM:COUNTER` with a letter for later incarnations; `data` is int64[n, 3], incarnations from 0."""

    name: str = "buffer"
    spelled = True

    def read(self, text: str) -> tuple[int | None, ...] | Accept:
        """(VM, counter, incarnation), None where any will do, or what accepts the name."""
        found = re.fullmatch(r"(\d{1,10}|\*):(?:(\d{1,10})([a-z]{0,6})|\*)", text.lower())
        if found:
            return (*(None if p in (None, "*") else int(p) for p in found.group(1, 2)), _incarnation(found))
        if has_glob(text):
            return glob(text)
        raise ValueError(f"{text!r} is no buffer; write VM:COUNTER, such as 7:42, 7:42b or 7:*")

    def equal(self, values: Values, wanted: tuple[int | None, ...] | Accept) -> Array:
        """The very incarnation."""
        if callable(wanted):
            return self.spell(values, wanted)
        mask = np.ones(len(values), bool)
        for part, value in enumerate(wanted):
            if value is not None:
                mask &= values.data[:, part] == value
        return mask

    def spell(self, values: Values, accept: Accept) -> Array:
        """The short name."""
        rows = values.data.tolist()
        return _asked(accept, (f"{vm}:{counter}{letters(again) if again else ''}" for vm, counter, again in rows))

    def may_contain(self, text: str) -> bool:
        """Only parts of a short name."""
        return re.fullmatch(r"\d*:?\d*[a-z]{0,3}", text) is not None

    def truth(self, values: Values) -> Array:
        """There is one."""
        return np.ones(len(values), bool)


def _incarnation(found: re.Match[str]) -> int | None:
    """The number that the letters stand for: none is 0, b is 1, aa is 26; None behind a *."""
    if found[2] is None:
        return None
    number = 0
    for letter in found[3]:
        number = number * 26 + ord(letter) - ord("a") + 1
    return max(0, number - 1)


def _asked(accept: Accept, texts: Iterable[str]) -> Array:
    return np.fromiter(map(accept, texts), bool)
