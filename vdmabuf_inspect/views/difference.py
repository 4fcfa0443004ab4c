"""What changed between two moments of one session, as rows of a list: rings, messages, buffers, pages, findings."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, plain
from vdmabuf_inspect.views.comparison import WHOLE, Pace, Side, compare
from vdmabuf_inspect.views.comparison import Change as Compared

COLUMNS = (
    Column("kind", "what", 8),
    Column("subject", "", 34),
    Column("before", "at A", 16),
    Column("after", "at B", 16),
    Column("change", "change", 10),
    Column("seq", "event", 8, right=True, shown=False),
)
_KINDS = {"finding": "findings", "message": "messages", "ring": "queue", "page": "pages"}
_PLAIN = frozenset({"count", "state"})
"""What is not said beside the subject: the kind says it."""
_SIDES = ("driver", "device")


class Change(NamedTuple):
    """One row. `change` is by how much a number grew; `seq` the event that changed it last, 0 for none."""

    kind: str
    subject: str
    before: str
    after: str
    change: str
    seq: int


def difference(session: Session, a: int, b: int, pace: Pace = WHOLE) -> list[Change]:
    """What is otherwise after event `b` than after event `a`."""
    return list(_rows(session, a, b, pace))


def _rows(session: Session, a: int, b: int, pace: Pace) -> Iterator[Change]:
    for found in compare(Side(session, a), Side(session, b), pace):
        if found.what == "suppression":
            yield from _asked(found)
            continue
        subject = found.subject if found.what in _PLAIN else f"{found.subject} {found.what.replace('_', ' ')}"
        yield Change(
            _KINDS.get(found.kind, found.kind),
            subject,
            plain(found.before),
            plain(found.after),
            _grown(found),
            found.seq,
        )


def _asked(found: Compared) -> Iterator[Change]:
    """A row for each side that asks for something else."""
    for side in _SIDES:
        before, after = (_wish(side, said or []) for said in (found.before, found.after))
        if before != after:
            yield Change(_KINDS["ring"], f"{found.subject} {side} asks for", before, after, "", found.seq)


def _wish(side: str, said: list[str]) -> str:
    start = f"{side} asked for "
    return next((text.removeprefix(start) for text in said if text.startswith(start)), "")


def _grown(found: Compared) -> str:
    values: tuple[Any, Any] = (found.before, found.after)
    return f"{values[1] - values[0]:+,}" if all(type(value) is int for value in values) else ""
