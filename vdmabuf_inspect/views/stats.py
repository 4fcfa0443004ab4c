"""A session in numbers."""

from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.counts import Counts
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.names import span


class StatsView(View):
    """Counts, rates and latencies as of the moment, one a row."""

    name = "stats"
    columns = (Column("name", "what", 28), Column("value", "value", 60))

    def total(self) -> int:
        """Rows; they depend on what the session holds."""
        self._rows = _rows(self.session, Moment(self.session, self.seq))
        return len(self._rows)

    def row_seq(self, index: int) -> int:
        """Numbers belong to the moment."""
        return self.at

    def make(self, index: int) -> Row:
        """One number."""
        name, value = self._rows[index]
        return {"name": name, "value": value}


def _rows(session: Session, moment: Moment) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [("events", moment.seq)]
    kinds = np.bincount(session.events.kind[: moment.seq], minlength=max(EventKind) + 1)
    rows += [(f"events {k.name.lower()}", int(kinds[k])) for k in EventKind if kinds[k]]
    if moment.seq:
        duration = moment.time_ns - int(session.events.time_ns[0])
        rows.append(("duration", span(duration)))
    count = place(session.messages.row, moment.seq)
    ops = np.bincount(session.messages.op[:count], minlength=1)
    rows.append(("messages", count))
    rows += [(f"messages {command_name(op)}", int(ops[op])) for op in np.flatnonzero(ops).tolist()]
    rows += [("buffers", len(moment.known)), ("buffers live", moment.live)]
    rows += _devices(session) + _latencies(session, moment) + _findings(session, moment)
    rows += _observed(session, moment)
    rows.append(("observation", "incomplete" if session.incomplete() else "complete"))
    return rows


def _devices(session: Session) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for number, device in session.vdmabuf.items():
        if device.dialect is None:
            continue
        rows.append((f"device {number} dialect", device.dialect.name))
        why = "forced" if device.forced else "; ".join(device.verdict.reasons if device.verdict else ())
        rows.append((f"device {number} dialect because", why))
        if device.identity.announced >= 0:
            rows.append((f"device {number} VM ID", device.identity.announced))
    return rows


def _latencies(session: Session, moment: Moment) -> list[tuple[str, Any]]:
    chains, events = session.chains.still(), session.events
    done = np.flatnonzero((chains.available >= 0) & (chains.used >= 0) & (chains.used < moment.seq))
    qid = events.qid[chains.available[done]]
    latency = events.time_ns[chains.used[done]] - events.time_ns[chains.available[done]]
    rows = []
    for queue in session.queues.queues:
        mine = latency[qid == queue.qid]
        if len(mine):
            low, high = np.percentile(mine, [50, 95])
            rows.append((f"{queue.name} latency", f"median {span(int(low))}, 95 % {span(int(high))}"))
    return rows


def _observed(session: Session, moment: Moment) -> list[tuple[str, Any]]:
    """What the observer did on each queue, as it last told."""
    states = ((queue, RingState(session, queue, moment.seq)) for queue in session.queues.rings)
    told = [(queue, ring.counts, ring.heard) for queue, ring in states]
    return [(f"{queue.name} looks", _looks(counts, heard)) for queue, counts, heard in told if counts is not None]


def _looks(counts: Counts, heard: tuple[str, ...]) -> str:
    seen = f"{counts.polls:,} ({counts.torn:,} repeated), missed {counts.missed:,}, uncountable {counts.ambiguous:,}"
    kicks, calls = _heard(counts.kicks, "kicks" in heard), _heard(counts.calls, "calls" in heard)
    return f"{seen}, kicks {kicks}, calls {calls}"


def _heard(count: int, can_be: bool) -> str:
    return f"{count:,}" if can_be or count else "not visible here"


def _findings(session: Session, moment: Moment) -> list[tuple[str, Any]]:
    log = session.findings.still()
    severity = log.severity[log.row < moment.seq]
    counts = np.bincount(severity, minlength=4)
    return [(f"findings {s.name.lower()}", int(counts[s])) for s in reversed(Severity)]
