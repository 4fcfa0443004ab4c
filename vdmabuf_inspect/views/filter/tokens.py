"""A filter's text as tokens: a word is whatever stands between operators, so `7:42b` and `1.2s` need no quotes."""

import re
from dataclasses import dataclass
from enum import Enum

from vdmabuf_inspect.errors import FilterError


class Mark(Enum):
    """What a token is, as an error message would call it."""

    WORD = "a word"
    QUOTED = "a quoted text"
    COMPARE = "a comparison"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "("
    CLOSE = ")"
    LEFT = "{"
    RIGHT = "}"
    COMMA = ","
    RANGE = ".."
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what it means (a quoted text without its quotes), `column` where it stands, counted from 1."""

    kind: Mark
    text: str
    column: int


KEYWORDS = {
    "and": (Mark.AND, "and"), "or": (Mark.OR, "or"), "not": (Mark.NOT, "not"), "in": (Mark.COMPARE, "in"),
    "contains": (Mark.COMPARE, "contains"), "matches": (Mark.COMPARE, "matches"), "eq": (Mark.COMPARE, "=="),
    "ne": (Mark.COMPARE, "!="), "lt": (Mark.COMPARE, "<"), "le": (Mark.COMPARE, "<="), "gt": (Mark.COMPARE, ">"),
    "ge": (Mark.COMPARE, ">="),
}  # fmt: skip
"""Words that are operators, and what they mean; quoted they are texts like any other."""

_SIGNS = {
    "&&": (Mark.AND, "and"), "||": (Mark.OR, "or"), "!": (Mark.NOT, "not"), "(": (Mark.OPEN, "("),
    ")": (Mark.CLOSE, ")"), "{": (Mark.LEFT, "{"), "}": (Mark.RIGHT, "}"), ",": (Mark.COMMA, ","),
    "..": (Mark.RANGE, ".."), "~": (Mark.COMPARE, "matches"),
}  # fmt: skip
_PART = re.compile(
    r"""(?P<space>\s+)
    | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<compare>==|!=|<=|>=|<|>)
    | (?P<sign>&&|\|\||\.\.|[!(){},~])
    | (?P<word>(?:[^\s()!=<>~&|,{}"'.]|\.(?!\.))+)""",
    re.VERBOSE | re.DOTALL,
)
_WRONG = {
    "=": "= alone means nothing; compare with ==",
    "&": "& alone means nothing; write && or and",
    "|": "| alone means nothing; write || or or",
    '"': "this quote is never closed",
    "'": "this quote is never closed",
}


def tokenize(text: str) -> list[Token]:
    """The tokens, the last one of kind END. Raises FilterError at a character that begins none."""
    tokens, at = [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise FilterError(_WRONG.get(text[at], f"{text[at]!r} means nothing here"), text, at + 1)
        if part.lastgroup != "space":
            tokens.append(_token(str(part.lastgroup), part.group(), at + 1))
        at = part.end()
    return [*tokens, Token(Mark.END, "", len(text) + 1)]


def _token(group: str, text: str, column: int) -> Token:
    if group == "quoted":
        return Token(Mark.QUOTED, text[1:-1].replace("\\" + text[0], text[0]), column)
    if group == "compare":
        return Token(Mark.COMPARE, text, column)
    kind, meaning = _SIGNS[text] if group == "sign" else KEYWORDS.get(text.lower(), (Mark.WORD, text))
    return Token(kind, meaning, column)
