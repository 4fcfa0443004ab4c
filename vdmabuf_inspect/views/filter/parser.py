"""Tokens become a tree, by operator precedence: or, and, not, comparison."""

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.views.filter.syntax import (
    Both,
    Compare,
    Either,
    Group,
    Item,
    Negation,
    Node,
    Operand,
    Range,
    Term,
    Word,
)
from vdmabuf_inspect.views.filter.tokens import Mark, Token, tokenize

DEEPEST = 64
"""Parentheses and nots within each other."""
_POWER = {Mark.OR: 1, Mark.AND: 2, Mark.COMPARE: 4}
_NOT_POWER = 3
_WORDS = (Mark.WORD, Mark.QUOTED)


def parse(text: str) -> Node:
    """The tree of a filter. Raises FilterError."""
    return _Parser(text).whole()


class _Parser:
    """Reads tokens from left to right, each once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        """The whole text."""
        if len(self._tokens) == 1:
            raise self._error("an empty filter; name a field, such as cmd == EXPORT", self._next)
        node = self._expression(0)
        rest = self._take()
        if rest.kind is Mark.CLOSE:
            raise self._error("this parenthesis was never opened", rest)
        if rest.kind is not Mark.END:
            raise self._error(f"expected and, or or the end before {_shown(rest)}", rest)
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        if token.kind is not Mark.END:
            self._at += 1
        return token

    def _error(self, message: str, token: Token) -> FilterError:
        return FilterError(message, self._text, token.column)

    def _expression(self, power: int) -> Node:
        """As much as binds tighter than `power`."""
        left = self._prefix()
        while _POWER.get(self._next.kind, 0) > power:
            token = self._take()
            if token.kind is Mark.COMPARE:
                left = self._compare(left, token)
            else:
                left = _join(token.kind, left, self._expression(_POWER[token.kind]))
        return left

    def _prefix(self) -> Node:
        token = self._take()
        if token.kind in _WORDS:
            return Term(_word(token))
        if token.kind not in (Mark.NOT, Mark.OPEN):
            raise self._error(f"expected a field or a text, not {_shown(token)}", token)
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error("nested too deeply", token)
        node = Negation(self._expression(_NOT_POWER)) if token.kind is Mark.NOT else self._closed(token)
        self._depth -= 1
        return node

    def _closed(self, opening: Token) -> Node:
        node = self._expression(0)
        if self._take().kind is not Mark.CLOSE:
            raise self._error("this parenthesis is never closed", opening)
        return node

    def _compare(self, left: Node, operator: Token) -> Node:
        if not isinstance(left, Term):
            message = "comparisons do not chain; join two with and"
            raise self._error(message if isinstance(left, Compare) else "what is compared must be a field", operator)
        if left.word.quoted:
            message = f"the left side of {operator.text} is a field's name, without quotes"
            raise FilterError(message, self._text, left.word.column)
        return Compare(left.word, operator.text, self._operand(operator.text), operator.column)

    def _operand(self, operator: str) -> Operand:
        opening = self._next
        if opening.kind is not Mark.LEFT:
            return self._item(f"expected a value after {operator}")
        self._take()
        items = [self._item("expected a value in {...}")]
        while self._next.kind is Mark.COMMA:
            self._take()
            items.append(self._item("expected a value in {...}"))
        if self._take().kind is not Mark.RIGHT:
            raise self._error("this brace is never closed; write {a, b}", opening)
        return Group(tuple(items), opening.column)

    def _item(self, expected: str) -> Item:
        low = self._value(expected)
        if self._next.kind is not Mark.RANGE:
            return low
        self._take()
        return Range(low, self._value("expected the end of the range after .."))

    def _value(self, expected: str) -> Word:
        token = self._take()
        if token.kind not in _WORDS:
            raise self._error(f"{expected}, not {_shown(token)}", token)
        return _word(token)


def _word(token: Token) -> Word:
    return Word(token.text, token.column, token.kind is Mark.QUOTED)


def _shown(token: Token) -> str:
    return "the end" if token.kind is Mark.END else repr(token.text)


def _join(kind: Mark, left: Node, right: Node) -> Node:
    """Chains of one operator stay flat, however long they are."""
    if kind is Mark.AND:
        return Both((*(left.parts if isinstance(left, Both) else (left,)), right))
    return Either((*(left.parts if isinstance(left, Either) else (left,)), right))
