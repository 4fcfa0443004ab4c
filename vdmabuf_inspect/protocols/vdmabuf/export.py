"""Exports and releases picked out of passing records, one at a time: for whoever reads the pages behind buffers."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START, Record
from vdmabuf_inspect.protocols.vdmabuf.detection import SAMPLE, detect
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.messages import RECV, SEND, place_of
from vdmabuf_inspect.track.events import Events, events_of

CANDIDATE_IDS = frozenset({0}).union(*(d.device_ids for d in DIALECTS.values()))
"""Device IDs behind which a vdmabuf device may stand; 0 is unknown."""


_PATIENCE = 64 * SAMPLE
"""Records after which a device that said nothing of vdmabuf is not listened to any more."""


@dataclass(frozen=True, slots=True)
class Export:
    """What an export says of its pages. `name` and `key` are the halves of its identifier."""

    device: int
    queue: int
    time_ns: int
    name: int
    key: int
    pages: int
    reference: int


@dataclass(frozen=True, slots=True)
class Release:
    """The device gave a buffer back."""

    device: int
    name: int
    key: int


class Listener:
    """Hears one device's records. While its dialect is in doubt they are kept, and judged again now and then."""

    def __init__(self, device_id: int, forced: Dialect | None = None) -> None:
        self.dialect = forced
        self._device_id = device_id
        self._sample: list[Record] = []
        self._spoken, self._next = 0, 1
        self._sure = forced is not None

    def hear(self, record: Record) -> "list[Export | Release]":
        """What the record says of buffers; when the dialect turns out to be another, what those before it said."""
        if not self._sure and self._next <= _PATIENCE and len(self._sample) < _PATIENCE:
            self._sample.append(record)
            self._spoken += bool(record.readable_bytes or record.used_len)
            if self._spoken >= self._next:
                self._next *= 2
                if self._choose():
                    return [said for kept in self._sample for said in self._said(kept)]
        return self._said(record)

    def conclude(self) -> "list[Export | Release]":
        """Nothing more comes for now: decide on what was heard."""
        if self._sure or not self._sample or not self._choose():
            return []
        return [said for kept in self._sample for said in self._said(kept)]

    def _choose(self) -> bool:
        """Whether the dialect is another than before."""
        verdict = detect(_events(self._sample), self._device_id, complete=False)
        if verdict is None or (verdict.score == 0 and self._device_id == 0):
            return False
        before, self.dialect, self._sure = self.dialect, verdict.dialect, not verdict.ambiguous
        return before is not self.dialect

    def _said(self, record: Record) -> "list[Export | Release]":
        said = _said(self.dialect, record) if self.dialect is not None else None
        return [] if said is None else [said]


def device_id_of(record: Record) -> int:
    """The device ID in a START record, 0 where it has none."""
    data = record.readable_bytes[: START.itemsize].ljust(START.itemsize, b"\0")
    return int(np.frombuffer(data, START)[0]["device_id"])


def _events(records: list[Record]) -> Events:
    parts = [record.pack() for record in records]
    sizes = np.array([len(part) for part in parts], np.int64)
    padded = [part + bytes(-len(part) % 4) for part in parts]
    ends = np.cumsum([len(part) for part in padded], dtype=np.int64)
    words = np.frombuffer(b"".join(padded), "<u4")
    times = np.array([record.time_ns for record in records], np.int64)
    return events_of(words, 0, times, np.r_[0, ends[:-1]].astype(np.int64), sizes)


def _said(dialect: Dialect, record: Record) -> Export | Release | None:
    if record.flags & EventFlag.STALE and not record.flags & EventFlag.PRESUMED:
        return None
    data = _message(dialect, record)
    if len(data) < dialect.size:
        return None
    command = dialect.commands.get(int.from_bytes(data[dialect.cmd_offset : dialect.op_offset], "little"))
    if command is None or command.op not in (Op.EXPORT, Op.DMABUF_REL):
        return None
    name, key = _number(dialect, data, "id.low", 8), _number(dialect, data, "id.key", 8)
    if command.op is Op.DMABUF_REL:
        return Release(record.device, name, key)
    pages, reference = _number(dialect, data, "pages", 4), _number(dialect, data, "reference", 8)
    return Export(record.device, record.queue, record.time_ns, name, key, pages, reference)


def _message(dialect: Dialect, record: Record) -> bytes:
    """The message in a record, empty where none stands there."""
    used = record.kind is EventKind.USED
    if dialect.in_place:
        return record.writable_bytes[: record.used_len] if used else record.writable_bytes
    if used:
        return record.writable_bytes[: record.used_len] if record.queue == RECV else b""
    return record.readable_bytes if record.queue == SEND else b""


def _number(dialect: Dialect, data: bytes, path: str, size: int) -> int:
    at = dialect.op_offset + 4 * place_of(path)
    return int.from_bytes(data[at : at + size], "little")
