"""The control plane: every vhost-user message of a session, in both directions, and where sessions begin and end."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.features import bit_names
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.evidence import Evidence, evidence
from vdmabuf_inspect.views.features import features_of, own_names
from vdmabuf_inspect.views.names import span

if TYPE_CHECKING:
    from vdmabuf_inspect.vhost_user.heard import Heard

FEATURES = "features"
"""The field with the device's feature bits."""
TO_BACK_END, TO_FRONT_END = "to-back-end", "to-front-end"
_ARROWS = {TO_BACK_END: "→", TO_FRONT_END: "←"}
_MOST = 160
"""Characters of the fields in one line; a memory table may have hundreds of regions."""


def control_number(session: Session, row: int) -> int:
    """The control log's row of an event, -1 when it is no message of a control plane."""
    number = place(session.control.row, row)
    there = number < len(session.control) and int(session.control.row[number]) == row
    return number if there else -1


def control_fields(session: Session, row: int) -> list[Field]:
    """The fields of the message at an event; of a boundary none."""
    from vdmabuf_inspect.vhost_user.fields import decode
    from vdmabuf_inspect.vhost_user.heard import Heard

    heard = Heard.of(row, session.record(row))
    found = [] if heard.boundary else decode(heard.request, heard.reply, heard.channel, heard.payload)
    own = features_of(session, session.queues.queues[int(session.events.qid[row])].device)
    return [_named(field, own) if field.path == FEATURES else field for field in found]


def _named(field: Field, own: Mapping[int, str]) -> Field:
    """A device's feature bits, its own by name."""
    names = own_names(field.value, own)
    return replace(field, value=names, text=f"{field.text.partition(' ')[0]} {' '.join(names)}".rstrip())


def control_title(row: int, record: Record) -> str:
    """What the message is: `GET_FEATURES from the front end`, `GET_FEATURES answered by the back end`."""
    from vdmabuf_inspect.vhost_user.heard import Heard

    heard = Heard.of(row, record)
    sender = "back end" if heard.back_end else "front end"
    if heard.boundary:
        return f"{sender} {heard.name.lower()}"
    return f"{heard.name} {'answered by' if heard.reply else 'from'} the {sender}"


def control_facts(session: Session, row: int, record: Record) -> list[tuple[str, str]]:
    """What stands beside the fields: what it answers or what answers it, its header, its file descriptors."""
    from vdmabuf_inspect.vhost_user.heard import Heard
    from vdmabuf_inspect.vhost_user.wire import HeaderFlag

    heard, other = Heard.of(row, record), other_row(session, row)
    facts = [("session", str(int(session.control.session[control_number(session, row)])))]
    if heard.boundary:
        return [*facts, ("what", heard.text)]
    if other >= 0:
        latency = latency_of(session, row, heard)
        facts.append(("answers", f"#{other + 1} after {span(latency)}") if latency is not None else
                     ("answered by", f"#{other + 1}"))  # fmt: skip
    flags = " ".join(bit_names(HeaderFlag, heard.flags & ~HeaderFlag.VERSION_MASK)) or "none"
    return [
        *facts, ("version", str(heard.flags & HeaderFlag.VERSION_MASK)), ("header flags", flags),
        ("payload", f"{heard.size} bytes"), ("file descriptors", str(heard.fds)),
    ]  # fmt: skip


def other_row(session: Session, row: int) -> int:
    """The event row of the request that the message answers, or of its answer; -1 for none."""
    number = control_number(session, row)
    return int(session.control.other[number]) if number >= 0 else -1


def latency_of(session: Session, row: int, heard: "Heard") -> int | None:
    """Nanoseconds from the request to the answer at event `row`, None for what is no answer."""
    asked = other_row(session, row) if heard.reply else -1
    return None if asked < 0 else heard.time_ns - int(session.events.time_ns[asked])


def _summary(fields: dict[str, Any]) -> str:
    text = " ".join(f"{name}={_plain(value)}" for name, value in fields.items() if name != "text")
    line = fields.get("text", text)
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}={_plain(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return ",".join(_plain(part) for part in value) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


class ControlView(View):
    """Messages of all control planes in event order."""

    name = "control"

    @cached_property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """The columns; times are shown since the first event."""
        return (
            Column("seq", "seq", 8, right=True),
            Column("time_ns", "time", 12, right=True, text=self._seconds),
            Column("device", "device", 10, shown=False),
            Column("session", "session", 7, right=True),
            Column("direction", "", 1, text=lambda d: _ARROWS[d]),
            Column("channel", "channel", 7, text=lambda on: "back" if on else ""),
            Column("request", "request", 23),
            Column("reply", "reply", 5),
            Column("answers_seq", "of", 6, right=True),
            Column("latency_ns", "latency", 11, right=True, text=lambda ns: "" if ns is None else span(ns)),
            Column("size", "size", 5, right=True),
            Column("fds", "fds", 3, right=True),
            Column("fields", "fields", 60, text=_summary),
            Column("findings", "findings", 12),
        )

    def _seconds(self, time_ns: int) -> str:
        return f"{(time_ns - int(self.session.events.time_ns[0])) / 1e9:.6f}"

    @property
    def evidence(self) -> Evidence:
        """The session's findings by event."""
        return evidence(self.session)

    def total(self) -> int:
        """Messages so far, or up to the moment."""
        log = self.session.control
        return len(log) if self.seq is None else place(log.row, self.seq)

    def row_seq(self, index: int) -> int:
        """The message's sequence number."""
        return int(self.session.control.row[index]) + 1

    def make(self, index: int) -> Row:
        """One message, decoded."""
        from vdmabuf_inspect.vhost_user.fields import json_fields
        from vdmabuf_inspect.vhost_user.heard import Heard

        session, log = self.session, self.session.control
        row, other = int(log.row[index]), int(log.other[index])
        heard = Heard.of(row, session.record(row))
        fields = json_fields(heard.request, heard.reply, heard.channel, heard.payload)
        device = session.queues.queues[int(session.events.qid[row])].device
        if FEATURES in fields:
            fields[FEATURES] = own_names(fields[FEATURES], features_of(session, device))
        return {
            "seq": row + 1,
            "time_ns": heard.time_ns,
            "device": session.queues.queues[int(session.events.qid[row])].name.rpartition("/")[0],
            "session": int(log.session[index]),
            "direction": TO_FRONT_END if heard.back_end else TO_BACK_END,
            "channel": heard.channel,
            "request": heard.name,
            "reply": heard.reply,
            "answers_seq": other + 1 if heard.reply and other >= 0 else None,
            "latency_ns": latency_of(session, row, heard),
            "size": heard.size if not heard.boundary else None,
            "fds": heard.fds,
            "fields": {"text": heard.text} if heard.boundary else fields,
            "findings": self.evidence.codes(row),
        }
