"""What a filter says, before anybody knows what its words mean."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a quoted text, and where it stands (columns count from 1)."""

    text: str
    column: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """`low..high`, both ends included."""

    low: Word
    high: Word


Item = Word | Range


@dataclass(frozen=True, slots=True)
class Group:
    """`{a, b..c}`; `column` is that of the brace."""

    items: tuple[Item, ...]
    column: int


Operand = Word | Range | Group


@dataclass(frozen=True, slots=True)
class Term:
    """A word that stands alone: a field that must be present and not zero, or a text to search for."""

    word: Word


@dataclass(frozen=True, slots=True)
class Compare:
    """`field operator operand`; `column` is the operator's."""

    field: Word
    operator: str
    operand: Operand
    column: int


@dataclass(frozen=True, slots=True)
class Both:
    """All of `parts` hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of `parts` holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """`part` does not hold."""

    part: "Node"


Node = Term | Compare | Both | Either | Negation


def column_of(operand: Operand) -> int:
    """Where an operand begins."""
    return operand.low.column if isinstance(operand, Range) else operand.column
