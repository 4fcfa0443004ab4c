"""The message list."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.session import FROM_DEVICE
from vdmabuf_inspect.views.base import Column, Row, View, plain
from vdmabuf_inspect.views.evidence import Evidence, evidence
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER, buffer_name
from vdmabuf_inspect.views.reading import KEPT, STALE, bytes_of, json_of, remarks, size_of

_ARROWS = {TO_DEVICE: "→", TO_DRIVER: "←"}


_SAID = frozenset({KEPT, STALE, "type", "command", "cmd", "hdr.type", "opcode", "op", "len", "unique"})
"""Fields that other columns show."""
_MOST_OTHERS = 6


def _summary(fields: dict[str, Any]) -> str:
    private = fields.get("private", {})
    parts = ["(read late)"] if STALE in fields else []
    parts += [f"(only {fields[KEPT]} bytes kept)"] if KEPT in fields else []
    parts += [f"{n}={fields[n]}" for n in ("vmid", "pages", "reference") if n in fields]
    if "width" in private:
        parts.append(f"{private['width']}x{private['height']} {private['fourcc']}")
    return " ".join(parts if "private_size" in fields or "vmid" in fields else parts + _others(fields))


def _others(fields: dict[str, Any]) -> list[str]:
    """The first fields of another protocol's message that say something, without the command itself."""
    told = [(n, v) for n, v in fields.items() if v and n not in _SAID and not n.startswith("header.")]
    return [f"{name}={plain(value)}" for name, value in told[:_MOST_OTHERS]]


class MessagesView(View):
    """Messages in event order."""

    name = "messages"

    @cached_property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """The columns; times are shown since the first event."""
        return (
            Column("seq", "seq", 8, right=True),
            Column("time_ns", "time", 12, right=True, text=self._seconds),
            Column("queue", "queue", 16),
            Column("direction", "", 1, text=lambda d: _ARROWS[d]),
            Column("command", "command", 10),
            Column("buffer", "buffer", 12),
            Column("size", "size", 6, right=True),
            Column("fields", "fields", 44, text=_summary),
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
        if self.seq is None:
            return len(self.session.messages)
        return place(self.session.messages.row, self.seq)

    def row_seq(self, index: int) -> int:
        """The message's sequence number."""
        return int(self.session.messages.row[index]) + 1

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`, read in bulk: the same as `row` gives, many times faster."""
        from vdmabuf_inspect.views.message_rows import message_rows

        stop = min(stop, len(self))
        return message_rows(self.session, self.indices(start, stop))

    def make(self, index: int) -> Row:
        """One message, decoded."""
        session, log = self.session, self.session.messages
        row = int(log.row[index])
        record = session.record(row)
        data = bytes_of(session, row, record)
        from_device = bool(log.flags[index] & FROM_DEVICE)
        size, fields = size_of(session, index, record), json_of(session, index, data)
        fields |= remarks(record.flags, len(data), size)
        return {
            "seq": row + 1,
            "time_ns": int(session.events.time_ns[row]),
            "queue": session.queues.queues[int(session.events.qid[row])].name,
            "direction": TO_DRIVER if from_device else TO_DEVICE,
            "command": command_name(int(log.op[index])),
            "buffer": buffer_name(session, int(log.object[index])) or None,
            "size": size,
            "fields": fields,
            "findings": self.evidence.codes(row),
        }
