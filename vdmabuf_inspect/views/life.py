"""One buffer's whole life: what happened to it, what it is made of, and what the rules say of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.declared.contents import Contents
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.contents import held_of
from vdmabuf_inspect.views.decode import PRIVATE, decode
from vdmabuf_inspect.views.detail import message_number
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.names import state_name
from vdmabuf_inspect.views.page_map import BufferPages, buffer_pages
from vdmabuf_inspect.views.reading import dialect_of, message_of


@dataclass(frozen=True)
class Step:
    """Something that happened to the buffer, and its state from then on."""

    seq: int
    time_ns: int
    queue: str
    what: str
    state: str


@dataclass(frozen=True)
class Life:
    """Everything about one buffer as of a moment. `row` is its row of the buffers view.

    `export`: the fields of its latest export, by path; `private` the private data that came with it.
    `held` is what its protocol says of its bytes in guest memory, None where that says nothing.
    `pages` is None where no guest memory can be read and nothing of it was recorded.
    """

    row: Row
    steps: tuple[Step, ...]
    export: Mapping[str, Field]
    private: bytes
    pages: BufferPages | None
    findings: tuple[Row, ...]
    held: Contents | None = None

    def value(self, name: str) -> Any:
        """A field of the latest export by its name in the message's body, None where there is none."""
        field = self.export.get(f"op.{name}")
        return None if field is None else field.value


def life(session: Session, number: int, seq: int | None = None, memory: Memory | None = None) -> Life:
    """The life of the buffer in a row of the object log, up to `seq`. Raises IndexError when it is not known then."""
    view = BuffersView(session, seq)
    row = view.row(number)
    moment = Moment(session, seq)
    last = int(moment.export_row[number])
    export, private = _export(session, last) if last >= 0 else ({}, b"")
    return Life(
        row, _steps(session, number, moment.seq), export, private,
        buffer_pages(session, number, moment.seq, memory), _found(session, number),
        held_of(session, number, moment.seq, memory),
    )  # fmt: skip


def _steps(session: Session, number: int, seq: int) -> tuple[Step, ...]:
    log = session.transitions.still()
    mine = np.flatnonzero((log.object == number) & (log.row < seq))
    return tuple(_step(session, int(log.row[i]), int(log.state[i])) for i in mine)


def _step(session: Session, row: int, state: int) -> Step:
    place = message_number(session, row)
    what = command_name(int(session.messages.op[place])) if place >= 0 else "chain returned"
    if place >= 0 and int(session.events.kind[row]) == EventKind.USED and what == "EXPORT":
        what = "EXPORT returned"
    queue = session.queues.queues[int(session.events.qid[row])].name
    return Step(row + 1, int(session.events.time_ns[row]), queue, what, state_name(state))


def _export(session: Session, row: int) -> tuple[dict[str, Field], bytes]:
    dialect, data = dialect_of(session, row), message_of(session, row)
    fields = {field.path: field for field in decode(dialect, data)}
    size, place = fields.get("op.private_size"), fields.get(PRIVATE)
    if size is None or place is None:
        return fields, b""
    return fields, data[place.offset : place.offset + min(size.value, place.size)]


def _found(session: Session, number: int) -> tuple[Row, ...]:
    order = evidence(session).order
    mine = np.flatnonzero(session.findings.object[order] == number)
    view = FindingsView(session)
    return tuple(view.told(int(number)) for number in order[mine])
