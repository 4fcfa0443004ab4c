"""Findings by event and by buffer, and each one's sentence."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import bit_names
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.rules.registry import Rule, by_number
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.names import buffer_name


@dataclass(frozen=True)
class Silence:
    """What somebody does not want to hear of: rules and buffers by number."""

    rules: frozenset[int] = frozenset()
    objects: frozenset[int] = frozenset()


class Sorted(NamedTuple):
    """The first `total` findings but those that are silenced: their numbers in event order, and their event rows."""

    total: int
    order: Array
    rows: Array


class Evidence:
    """An index over the findings of one session. Whoever needs numbers and rows that belong together asks once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.silent = Silence()
        self._sorted = Sorted(-1, np.empty(0, np.int64), np.empty(0, np.int32))

    def sorted(self) -> Sorted:
        """All that there are now; sorted again when there are new ones."""
        found = self._sorted
        if len(self.session.findings) != found.total:
            rows, silent = self.session.findings.row, self.silent
            order = np.argsort(rows, kind="stable")
            if silent != Silence():
                order = order[self.heard(order)]
            found = self._sorted = Sorted(len(rows), order, rows[order])
        return found

    def silence(self, silent: "Silence") -> None:
        """Leave out what is silenced from now on, nothing else."""
        self.silent, self._sorted = silent, self._sorted._replace(total=-1)

    def heard(self, findings: Array) -> Array:
        """Mask: findings that are not silenced, of these numbers."""
        log, mask = self.session.findings, np.ones(len(findings), bool)
        for column, numbers in ((log.rule, self.silent.rules), (log.object, self.silent.objects)):
            if numbers:
                mask &= ~np.isin(column[findings], list(numbers))
        return mask

    @property
    def severities(self) -> Array:
        """uint8[n]: severities of the findings that are not silenced, in any order."""
        if self.silent == Silence():
            return self.session.findings.severity
        order = self.order
        return self.session.findings.severity[order]

    @property
    def silenced(self) -> int:
        """Findings that are left out."""
        found = self.sorted()
        return found.total - len(found.order)

    @property
    def order(self) -> Array:
        """Finding numbers in event order."""
        return self.sorted().order

    @property
    def rows(self) -> Array:
        """Event rows of `order`."""
        return self.sorted().rows

    def at(self, row: int) -> list[int]:
        """Findings at an event."""
        found = self.sorted()
        low, high = place(found.rows, row), place(found.rows, row + 1)
        return [int(i) for i in found.order[low:high]]

    def codes(self, row: int) -> list[str]:
        """Rule codes at an event."""
        return [self.rule(i).code for i in self.at(row)]

    def of_buffer(self, number: int, seq: int) -> list[int]:
        """Findings about a buffer at events up to `seq`."""
        log = self.session.findings.still()
        mine = np.flatnonzero((log.object == number) & (log.row < seq))
        return [int(i) for i in mine[self.heard(mine)]]

    def rule(self, finding: int) -> Rule:
        """The rule behind a finding."""
        return by_number(int(self.session.findings.rule[finding]))

    def sentence(self, finding: int) -> str:
        """What the finding says of its event."""
        log = self.session.findings
        rule, b = self.rule(finding), int(log.b[finding])
        variants = rule.text.split("|")
        text = variants[min(b, len(variants) - 1)] if len(variants) > 1 else variants[0]
        a = int(log.a[finding])
        facts = self._facts(finding) | {"a": a + (1 << 64) if a < 0 and "{a:#x}" in text else a, "b": b}
        count = int(log.count[finding])
        return text.format_map(facts) + (f" ({count} times)" if count > 1 else "")

    def _facts(self, finding: int) -> dict[str, Any]:
        session, log = self.session, self.session.findings
        row, qid, number = int(log.row[finding]), int(log.qid[finding]), int(log.object[finding])
        queue = session.queues.queues[qid] if 0 <= qid < len(session.queues.queues) else None
        device = session.vdmabuf.get(queue.device) if queue else None
        notes = session.tool.notes
        a, b = int(log.a[finding]), int(log.b[finding])
        return {
            "queue": queue.name if queue else "the capture",
            "head": self._record(row).head if row >= 0 else 0,
            "buffer": f"buffer {buffer_name(session, number)}" if number >= 0 else "a buffer",
            "other": f"buffer {buffer_name(session, b)}" if 0 <= b < len(session.objects) else "another buffer",
            "dialect": device.dialect.name if device and device.dialect else "this",
            "command": self._command(row),
            "note": notes[a] if 0 <= a < len(notes) else "",
            "request": self._request(row),
            "feature": _protocol_feature(a),
        }

    def _record(self, row: int) -> Record:
        return self.session.record(row)

    def _request(self, row: int) -> str:
        control = row >= 0 and int(self.session.events.kind[row]) == EventKind.CONTROL
        if not control:
            return "this request"
        from vdmabuf_inspect.vhost_user.heard import Heard

        return Heard.of(row, self._record(row)).name

    def _command(self, row: int) -> str:
        number = place(self.session.messages.row, row)
        if number < len(self.session.messages) and self.session.messages.row[number] == row:
            return command_name(int(self.session.messages.op[number]))
        return "this command"


def _protocol_feature(bit: int) -> str:
    """A vhost-user protocol feature by its bit."""
    if not 0 <= bit < 64:
        return ""
    from vdmabuf_inspect.vhost_user.wire import ProtocolFeature

    return bit_names(ProtocolFeature, 1 << bit)[0]


def evidence(session: Session) -> Evidence:
    """The session's index, made once."""
    found = getattr(session, "_evidence", None)
    if found is None:
        found = Evidence(session)
        session._evidence = found  # type: ignore[attr-defined]
    return found
