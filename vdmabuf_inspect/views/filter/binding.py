"""A tree of words becomes tests on columns: names are looked up, values read by their field's kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

import numpy as np

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.fields import Field, Table
from vdmabuf_inspect.views.filter.kinds.base import ORDER, SPELLED, Accept, Values
from vdmabuf_inspect.views.filter.kinds.texts import Containing, folded, glob, has_glob
from vdmabuf_inspect.views.filter.questions import Always, Everything, Hit, Inverse, OneOf, Test
from vdmabuf_inspect.views.filter.syntax import (
    Both,
    Compare,
    Group,
    Item,
    Negation,
    Node,
    Range,
    Term,
    Word,
    column_of,
)
from vdmabuf_inspect.views.filter.tables import TABLES

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Each order read from the other side."""
Ask = Callable[[Values], Array]


@dataclass(frozen=True)
class Binder:
    """Binds the nodes of one filter to one table."""

    text: str
    table: Table

    def bind(self, node: Node) -> Test:
        """What the node asks of rows. Raises FilterError."""
        if isinstance(node, Term):
            return self._term(node.word)
        if isinstance(node, Compare):
            return self._compare(node)
        if isinstance(node, Negation):
            return Inverse(self.bind(node.part))
        parts = sorted((self.bind(part) for part in node.parts), key=lambda test: test.cost)
        return Everything(tuple(parts)) if isinstance(node, Both) else OneOf(tuple(parts))

    def _fail(self, message: str, column: int) -> NoReturn:
        raise FilterError(message, self.text, column)

    def _term(self, word: Word) -> Test:
        found = None if word.quoted else self.table.find(word.text)
        if found is not None:
            return Hit(found, found.kind.truth)
        return self._search(word)

    def _search(self, word: Word) -> Test:
        needle = word.text.casefold()
        if not needle:
            return Always()
        pattern = not word.quoted and has_glob(needle)
        accept: Accept = glob(word.text) if pattern else Containing(folded(word.text))
        fields = [f for f in self.table.fields.values() if f.searched and (pattern or f.kind.may_contain(needle))]
        return OneOf(tuple(Hit(f, _spelled(f, accept)) for f in fields))

    def _compare(self, node: Compare) -> Test:
        found = self.table.find(node.field.text)
        if found is None:
            self._fail(self._unknown(node), node.field.column)
        if node.operator not in found.kind.operators:
            allowed = " ".join(found.kind.operators)
            self._fail(f"{found.name} ({found.kind.name}) cannot be compared with {node.operator}; use {allowed}",
                       node.column)  # fmt: skip
        if node.operator == "!=":
            return Hit(found, self._ask(found, "==", node), differs=True)
        return Hit(found, self._ask(found, node.operator, node))

    def _unknown(self, node: Compare) -> str:
        """There is no such field: what there is instead."""
        name = node.field.text
        if isinstance(node.operand, Word) and self.table.find(node.operand.text):
            return f"the field comes first: {node.operand.text} {MIRRORED.get(node.operator, node.operator)} {name}"
        elsewhere = " and ".join(t.name for t in TABLES.values() if t.find(name))
        near = ", ".join(get_close_matches(name, [*self.table.fields, *self.table.aliases], 3, 0.5))
        hint = f"; {elsewhere} have it" if elsewhere else f"; near it: {near}" if near else ""
        return f"{self.table.name} have no field {name!r}{hint}"

    def _ask(self, found: Field, operator: str, node: Compare) -> Ask:
        operand = node.operand
        if operator == "in":
            items = operand.items if isinstance(operand, Group) else (operand,)
            return _any([self._item(found, item) for item in items])
        if not isinstance(operand, Word):
            what = "a set" if isinstance(operand, Group) else "a range"
            self._fail(f"{what} goes with in: {found.name} in {{...}} or {found.name} in a..b", column_of(operand))
        if operator in SPELLED:
            return _spelled(found, self._accept(operator, operand))
        if operator == "==":
            return self._item(found, operand)
        return self._ordered(found, operator, operand)

    def _item(self, found: Field, item: Item) -> Ask:
        if isinstance(item, Range):
            if not found.kind.ordered:
                self._fail(f"{found.name} ({found.kind.name}) has no order, so no range", item.low.column)
            low, high = self._ordered(found, ">=", item.low), self._ordered(found, "<=", item.high)
            return lambda values: low(values) & high(values)
        wanted = self._read(found, item)
        return lambda values: found.kind.equal(values, wanted)

    def _ordered(self, found: Field, operator: str, word: Word) -> Ask:
        assert operator in ORDER
        wanted = self._read(found, word)
        try:
            found.kind.compare(Values(np.zeros(0, np.int64)), operator, wanted)
        except ValueError as error:
            self._fail(str(error), word.column)
        return lambda values: found.kind.compare(values, operator, wanted)

    def _read(self, found: Field, word: Word) -> object:
        try:
            return found.kind.read(word.text)
        except ValueError as error:
            self._fail(f"{found.name}: {error}", word.column)

    def _accept(self, operator: str, word: Word) -> Accept:
        if operator == "contains":
            return Containing(folded(word.text))
        try:
            pattern = re.compile(word.text, re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            self._fail(f"no regular expression: {error}", word.column)
        return lambda text: pattern.search(text) is not None


def _spelled(found: Field, accept: Accept) -> Ask:
    return lambda values: found.kind.spell(values, accept)


def _any(asks: list[Ask]) -> Ask:
    def ask(values: Values) -> Array:
        mask = asks[0](values)
        for other in asks[1:]:
            mask = mask | other(values)
        return mask

    return ask
