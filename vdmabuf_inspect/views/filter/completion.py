"""What may stand at the cursor of a filter that is being written."""

import re

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.views.filter.fields import Field, Table
from vdmabuf_inspect.views.filter.tables import TABLES
from vdmabuf_inspect.views.filter.tokens import Mark, Token, tokenize

_JOIN = ("and", "or")
_START = ("not", "(")
_PART = re.compile(r"[^\s()!=<>~&|,{}\"']*$")
_JOINS = (Mark.AND, Mark.OR)


def complete(text: str, cursor: int, table: str) -> list[str]:
    """Words that may stand where the word before `cursor` (counted from 0) stands, those that begin like it.

    Fields, operators or the names a field can have; empty within quotes and where anything may be written.
    """
    begin, end = word_at(text, cursor)
    part = text[begin:end].casefold()
    return [word for word in _candidates(text[:begin], TABLES[table]) if word.casefold().startswith(part)]


def word_at(text: str, cursor: int) -> tuple[int, int]:
    """Where the word before the cursor begins, and the cursor: what a completion replaces."""
    cursor = max(0, min(cursor, len(text)))
    found = _PART.search(text[:cursor])
    return (found.start() if found else cursor), cursor


def _candidates(before: str, table: Table) -> list[str]:
    try:
        tokens = tokenize(before)[:-1]
    except FilterError:  # within quotes
        return []
    return _Place(table).after(tokens)


class _Place:
    """Follows the tokens up to the cursor."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._field: Field | None = None
        self._inside = False  # of a set

    def after(self, tokens: list[Token]) -> list[str]:
        """What may follow."""
        expected = self._fields()
        for token in tokens:
            expected = self._step(token)
        return expected

    def _fields(self) -> list[str]:
        self._field = None
        return [*self._table.fields, *self._table.aliases, *_START]

    def _values(self) -> list[str]:
        return [v.replace(" ", "-") for v in self._field.kind.examples] if self._field else []

    def _step(self, token: Token) -> list[str]:
        if token.kind in (*_JOINS, Mark.NOT, Mark.OPEN):
            return self._fields()
        if token.kind in (Mark.COMPARE, Mark.RANGE, Mark.COMMA, Mark.LEFT):
            self._inside = self._inside or token.kind is Mark.LEFT
            return self._values() if token.text != "in" else ["{", *self._values()]
        if token.kind is Mark.RIGHT:
            self._inside = False
        return self._word(token) if token.kind is Mark.WORD and not self._inside else self._end()

    def _word(self, token: Token) -> list[str]:
        if self._field is not None:
            return self._end()
        self._field = self._table.find(token.text)
        return [*(self._field.kind.operators if self._field else ()), *_JOIN]

    def _end(self) -> list[str]:
        return [",", "}"] if self._inside else list(_JOIN)
