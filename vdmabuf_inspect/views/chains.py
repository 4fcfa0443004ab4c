"""Every chain that went through a ring, whatever the device."""

from collections.abc import Iterator

from vdmabuf_inspect.model.event import EventFlag, Problem
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.views.base import Column, Row, View
from vdmabuf_inspect.views.names import span

OUTSTANDING, USED, PRESUMED = "outstanding", "used", "presumed"


def problem_names(problems: int) -> str:
    """The problems of an event in words."""
    return ", ".join((p.name or "").lower().replace("_", "-") for p in Problem if p & problems)


class ChainsView(View):
    """Chains in the order in which they were made available (or first seen, when that was missed)."""

    name = "chains"
    columns = (
        Column("seq", "seq", 8, right=True),
        Column("queue", "queue", 14),
        Column("head", "head", 5, right=True),
        Column("kind", "kind", 8),
        Column("state", "state", 11),
        Column("descriptors", "desc", 5, right=True),
        Column("readable", "readable", 8, right=True),
        Column("writable", "writable", 8, right=True),
        Column("used_len", "used len", 8, right=True),
        Column("kept", "kept", 6, right=True),
        Column("latency_ns", "latency", 11, right=True, text=lambda ns: "" if ns is None else span(ns)),
        Column("problem", "problem", 30),
    )

    def total(self) -> int:
        """Chains so far, or up to the moment."""
        if self.seq is None:
            return len(self.session.chains)
        low, high = 0, len(self.session.chains)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._first(middle) < self.seq else (low, middle)
        return low

    def row_seq(self, index: int) -> int:
        """The sequence number at which the chain was first seen."""
        return self._first(index) + 1

    def _first(self, index: int) -> int:
        row = int(self.session.chains.available[index])
        return row if row >= 0 else int(self.session.chains.used[index])

    def rows(self, start: int, stop: int) -> Iterator[Row]:
        """Rows `start` to `stop`, read in bulk: the same as `row` gives, many times faster."""
        from vdmabuf_inspect.views.chain_rows import chain_rows

        return chain_rows(self.session, self.indices(start, min(stop, len(self))), self.at)

    def make(self, index: int) -> Row:
        """One chain as of the moment."""
        session, chains = self.session, self.session.chains
        available, used = int(chains.available[index]), int(chains.used[index])
        used = used if 0 <= used < self.at else -1
        first = session.record(self._first(index))
        back = session.record(used) if used >= 0 else None
        return {
            "seq": self.row_seq(index),
            "queue": session.queues.queues[int(session.events.qid[self._first(index)])].name,
            "head": first.head,
            "kind": "indirect" if first.flags & EventFlag.INDIRECT else "direct",
            "state": _state(first, available, used),
            "descriptors": first.chain_length,
            "readable": first.readable,
            "writable": first.writable,
            "used_len": back.used_len if back else None,
            "kept": _kept(first, back),
            "latency_ns": back.time_ns - first.time_ns if back and available >= 0 else None,
            "problem": problem_names(first.problems | (back.problems if back else 0)) or None,
        }


def _kept(first: Record, back: Record | None) -> int | None:
    """Bytes that were recorded, where the snap length cut them; None where it did not."""
    if not (first.flags | (back.flags if back else 0)) & EventFlag.SHORTENED:
        return None
    return len(first.readable_bytes) + len((back or first).writable_bytes)


def _state(first: Record, available: int, used: int) -> str:
    if available < 0:
        return PRESUMED
    if used >= 0:
        return USED
    return OUTSTANDING if not first.flags & EventFlag.STALE else PRESUMED
