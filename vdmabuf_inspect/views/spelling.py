"""A text in the words and fields of messages, or in their bytes: many messages are ruled out at once.

A message's words are its queue, command, buffer and findings, and `name=value` of each field, with blanks between. Each
piece of the text, as blanks and equals signs part it, then stands in one name or in one value.
"""

import re
from collections.abc import Iterator

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct, place
from vdmabuf_inspect.protocols.numbers import command_names
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Row, plain
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.message_rows import message_rows, placed
from vdmabuf_inspect.views.namesakes import buffer_names, in_names
from vdmabuf_inspect.views.occurrence import occurrence_of_text
from vdmabuf_inspect.views.vocabulary import Vocabulary

_PIECES = re.compile(r"[^\s=]+")
_UNKNOWN, _NO, _YES = -1, 0, 1
"""Of a buffer's name: not looked at, without the text, with it."""


class Spelling:
    """The text that is looked for. It remembers of which buffers a piece is in the name."""

    def __init__(self, text: str) -> None:
        self.folded = text.casefold()
        self.bytes = occurrence_of_text(text)
        self._pieces = [Piece(piece) for piece in sorted(_PIECES.findall(self.folded), key=len, reverse=True)]

    def near(self, session: Session, low: int, high: int) -> Array:
        """int64[k]: rows of events (`low` to `high`) that may fit, ascending."""
        log, seen = session.messages, self.bytes.near(session, low, high)
        index = np.arange(place(log.row, low), place(log.row, high))
        for piece in self._pieces:
            index = index[piece.mask(session, index, seen if piece.text == self.folded else None)]
        near = np.zeros(high - low, bool)
        near[log.row[index] - low] = near[seen - low] = True
        return np.flatnonzero(near) + low

    def fits(self, session: Session, rows: Array) -> Iterator[int]:
        """Those of these rows that have the text in their words or bytes, in their order."""
        in_bytes = set(self.bytes.fits(session, rows))
        numbers = np.searchsorted(session.messages.row, rows)
        there = numbers < len(session.messages)
        there[there] = session.messages.row[numbers[there]] == rows[there]
        ordered = np.sort(numbers[there])
        in_words = {int(row["seq"]) - 1 for row in message_rows(session, ordered) if self.folded in _said(row)}
        return (row for row in rows.tolist() if row in in_bytes or row in in_words)


class Piece:
    """A part of the text without blanks and equals signs, in lower case."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._vocabulary = Vocabulary(text)
        self._bytes = occurrence_of_text(text)
        self._session: Session | None = None
        self._objects = np.empty(0, np.int8)

    def mask(self, session: Session, index: Array, seen: Array | None) -> Array:
        """Mask: messages, by their rows in the log, that may say it. `seen`: events in whose bytes it is, if known."""
        if not len(index):
            return np.empty(0, bool)
        columns = placed(session, index)
        rows = columns.rows
        mask = self._of_queues(session)[columns.qid] | self._named(session, columns.object)
        mask |= self._of_commands(columns.op) | np.isin(rows, self._judged(session))
        mask |= self._vocabulary.mask(session, columns)
        if not mask.all():
            near = self._bytes.near(session, int(rows[0]), int(rows[-1]) + 1) if seen is None else seen
            mask |= np.isin(rows, near)
        return np.asarray(mask)

    def _of_commands(self, op: Array) -> Array:
        return np.array([self.text in name.casefold() for name in command_names()], bool)[op]

    def _of_queues(self, session: Session) -> Array:
        return np.array([self.text in queue.name.casefold() for queue in session.queues.queues], bool)

    def _named(self, session: Session, numbers: Array) -> Array:
        """Mask: those of these buffers that have it in their name; each name is made once."""
        if session is not self._session:
            self._session, self._objects = session, np.empty(0, np.int8)
        more = np.full(max(0, len(session.objects) - len(self._objects)), _UNKNOWN, np.int8)
        known = self._objects = np.concatenate([self._objects, more])
        seen = numbers[numbers >= 0]
        if not in_names(session, self.text):
            return np.zeros(len(numbers), bool)
        new = distinct(seen[known[seen] == _UNKNOWN])
        known[new] = [self.text in name.casefold() for name in buffer_names(session, new)]
        return np.asarray(np.append(known, _NO)[numbers] == _YES)

    def _judged(self, session: Session) -> Array:
        """Rows of events with a finding whose rule is called so."""
        found = evidence(session).sorted()
        rule = session.findings.rule[found.order]
        named = [r for r in np.flatnonzero(np.bincount(rule)).tolist() if self.text in _code(r)] if len(rule) else []
        return np.asarray(found.rows[np.isin(rule, named)])


def _code(number: int) -> str:
    from vdmabuf_inspect.rules.registry import by_number

    return by_number(number).code.casefold()


def _said(row: Row) -> str:
    """A message's words and fields, as one folded text."""
    words = (plain(row[name]) for name in ("queue", "command", "buffer", "findings"))
    return " ".join([*words, *_leaves(row["fields"])]).casefold()


def _leaves(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}" if name else str(key))
    else:
        yield f"{name}={plain(value)}"
