"""The ladder: driver and device as two lines, what passes between them as arrows, what nobody saw as gaps."""

from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log, place
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.session import FROM_DEVICE, Session
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.control import control_title
from vdmabuf_inspect.views.detail import message_number
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.latency import begun_at
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER, buffer_name, span

RUNG = 46
"""Cells between the two lines, at least."""
_READABLE_WORD = 6
_SHOWN = [EventKind.USED, EventKind.KICK, EventKind.CALL, EventKind.GAP, EventKind.START, EventKind.STOP]
_STROKES = {"message": "─", "return": "─", "notice": "╌", "control": "─", "edge": "═", "gap": "┈"}
_HEADS = {"message": ("◀", "▶"), "control": ("◀", "▶"), "return": ("◁", "▷"), "notice": ("◁", "▷")}


def rung(kind: str, direction: str | None, label: str, width: int = RUNG) -> str:
    """One step of the ladder in `width` cells, its label nearer to where it comes from."""
    stroke = _STROKES[kind]
    label = f" {label} " if len(label) + 8 <= width else f" {label[: max(0, width - 9)]}… "
    if direction is None:
        return f"┊{label.center(width - 2, stroke)}┊"
    left, right = _HEADS[kind]
    room = stroke * (width - len(label) - 6)
    if direction == TO_DEVICE:
        return f"├{stroke * 3}{label}{room}{right}│"
    return f"│{left}{room}{label}{stroke * 3}┤"


class LadderView(View):
    """What passed between driver and device, in event order. Receive buffers that are merely offered are left out."""

    name = "ladder"
    columns: tuple[Column, ...] = (
        Column("seq", "seq", 8, right=True),
        Column("time_ns", "time", 12, right=True),
        Column("queue", "queue", 18),
        Column("rung", "driver", RUNG, data=False),
        Column("joined", "device", 30),
        Column("what", "what", 24, shown=False),
        Column("kind", "kind", 8, shown=False),
        Column("direction", "direction", 9, shown=False),
        Column("findings", "findings", 12),
    )

    def __init__(self, session: Session, seq: int | None = None, selection: Array | None = None) -> None:
        super().__init__(session, seq, selection)
        self.steps = _steps(session)
        first = int(session.events.time_ns[0]) if len(session.events) else 0
        clock = Column("time_ns", "time", 12, right=True, text=lambda time_ns: f"{(time_ns - first) / 1e9:.6f}")
        self.columns = tuple(clock if column.name == "time_ns" else column for column in LadderView.columns)

    def total(self) -> int:
        """Steps so far, or up to the moment."""
        self.steps.refresh()
        return len(self.steps.log) if self.seq is None else place(self.steps.log.row, self.seq)

    def row_seq(self, index: int) -> int:
        """The sequence number of the step's event."""
        return int(self.steps.log.row[index]) + 1

    def make(self, index: int) -> Row:
        """One step."""
        session, row = self.session, int(self.steps.log.row[index])
        record = session.record(row)
        kind, direction, label = _step(session, row, record)
        return {
            "seq": row + 1,
            "time_ns": int(session.events.time_ns[row]),
            "queue": session.queues.queues[int(session.events.qid[row])].name,
            "rung": rung(kind, direction, label),
            "joined": _joined(session, row),
            "what": label,
            "kind": kind,
            "direction": direction,
            "findings": evidence(session).codes(row),
        }


def _step(session: Session, row: int, record: Record) -> tuple[str, str | None, str]:
    """(kind, direction, label) of an event."""
    number = message_number(session, row)
    if number >= 0:
        name = buffer_name(session, int(session.messages.object[number]))
        label = f"{command_name(int(session.messages.op[number]))} {name}".rstrip()
        return "message", TO_DRIVER if session.messages.flags[number] & FROM_DEVICE else TO_DEVICE, label
    if record.kind is EventKind.CONTROL:
        back = record.flags & EventFlag.BACK_END
        return "control", TO_DRIVER if back else TO_DEVICE, control_title(row, record)
    told: tuple[str, str | None, str] = _OTHERS[record.kind](record)
    return told


def _count(record: Record, name: str) -> str:
    return f"{name} ×{record.count}" if record.count > 1 else name


def _begun(record: Record) -> str:
    if record.flags & EventFlag.PAUSED:
        return "goes on"
    return "set up" if record.flags & EventFlag.COMPLETE else "looked at from here on"


def _gap(record: Record) -> tuple[str, None, str]:
    return "gap", None, f"{record.count:,} entries were missed" if record.count else "nobody knows how much was missed"


_OTHERS: dict[EventKind, Any] = {
    EventKind.AVAILABLE: lambda r: ("message", TO_DEVICE, f"{r.readable} bytes"),
    EventKind.USED: lambda r: ("return", TO_DRIVER, f"returned, head {r.head}"),
    EventKind.KICK: lambda r: ("notice", TO_DEVICE, _count(r, "kick")),
    EventKind.CALL: lambda r: ("notice", TO_DRIVER, _count(r, "call")),
    EventKind.GAP: _gap,
    EventKind.START: lambda r: ("edge", None, _begun(r)),
    EventKind.STOP: lambda r: ("edge", None, "closed" if r.flags & EventFlag.CLOSED else "stopped"),
}  # fmt: skip


def _joined(session: Session, row: int) -> str:
    """What a step belongs to: a release to its export, an answer or a return to its request, and how long it took."""
    begun = begun_at(session, row)
    if begun < 0:
        return ""
    took = int(session.events.time_ns[row] - session.events.time_ns[begun])
    return f"of #{begun + 1}, {f'after {span(took)}' if took else 'in the same look'}"


class _Steps:
    """Which events are steps, found once; the log grows with the session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.log = Log(row=np.int32)
        self._done = 0

    def refresh(self) -> None:
        """Take up the events that came."""
        session, end = self.session, len(self.session.events)
        if end == self._done or session.store is None:
            return
        kind = session.events.kind[self._done : end]
        shown = np.isin(kind, [*_SHOWN, EventKind.CONTROL])
        offered = np.flatnonzero(kind == EventKind.AVAILABLE)
        rows = offered + self._done
        readable = session.store.words.take((session.events.offset[rows] >> 2) + _READABLE_WORD, mode="clip")
        shown[offered] = (readable > 0) | self._in_place(session.events.qid[rows])
        found = np.flatnonzero(shown) + self._done
        self.log.append(len(found), row=found)
        self._done = end

    def _in_place(self, qid: Array) -> Array:
        """Mask: queues whose requests stand in writable bytes."""
        devices = self.session.vdmabuf
        table = [
            bool((d := devices.get(q.device)) and d.dialect and d.dialect.in_place) for q in self.session.queues.queues
        ]
        return np.array(table, bool)[qid]


def _steps(session: Session) -> _Steps:
    """The session's steps, found once."""
    found: _Steps | None = getattr(session, "_ladder", None)
    if found is None:
        found = _Steps(session)
        session._ladder = found  # type: ignore[attr-defined]
    return found
