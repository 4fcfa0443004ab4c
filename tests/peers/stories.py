"""A buffer's life as ring events, built from the dialects' own declarations, with what must be read from each."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START, Descriptor, Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import OP_SIZE, Op

VMID, COUNTER, KEY, PAGES = 77, 5, bytes(range(8)), 300
BEGIN = 1_700_000_000_000_000_000


@dataclass
class Story:
    """Records and, for each, the expected fields: command, vmid, counter, key, state."""

    dialect: Dialect
    records: list[Record] = field(default_factory=list)
    expected: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, record: Record, *fields: str) -> None:
        command, vmid, counter, key, state = (*fields, "", "", "", "", "")[:5]
        self.records.append(record)
        self.expected.append((command, vmid, counter, key, state))

    def tell(self, kind: EventKind, queue: int, body: bytes, *fields: str, head: int = 1) -> None:
        """A message in the place where the dialect and its direction put it."""
        writable = kind == EventKind.USED or self.dialect.in_place
        size, used = len(body), len(body) if kind == EventKind.USED else 0
        place = {"writable": size, "writable_bytes": body} if writable else {"readable": size, "readable_bytes": body}
        table = (Descriptor(0x5000 + head * 512, size, 2 if writable else 0, 0, head),)
        time = BEGIN + len(self.records) * 1000
        record = Record(kind, time, 0, queue, head=head, used_len=used, chain_length=1, descriptors=table, **place)  # type: ignore[arg-type]
        self.add(record, *fields)


def message(dialect: Dialect, op: Op, first: int, second: int = 0) -> bytes:
    """A message of `op`; `first` is the VM ID of an answer, or the low half of an ID."""
    fields: dict[str, object] = {
        "req_id": 9,
        "stat": 0,
        "list_next": 0xFFFF888000001000,
        "list_prev": 0xFFFF888000001000,
    }
    fields |= {"cmd": dialect.number(op), "padding": bytes(dialect.tail)}
    ident = {"low": first, "high": second, "key": list(np.frombuffer(KEY, "<u4").tolist())}
    export = {
        "id": ident, "pages": PAGES, "first_offset": 0, "last_length": 4096, "reference": 0x123456000,
        "private_size": 8, "private": b"XR24abcd".ljust(216, b"\0"),
    }  # fmt: skip
    bodies = {
        Op.NEED_VMID: {"vmid": first, "rest": bytes(OP_SIZE - 4)},
        Op.EXPORT: export,
        Op.DMABUF_REL: {"id": ident, "rest": bytes(OP_SIZE - 16)},
        Op.UNEXPORT: {"id": ident, "rest": bytes(OP_SIZE - 16)},
    }
    built: bytes = dialect.message(op).build(fields | {"op": bodies[op]})
    return built


def life(dialect: Dialect, *, announced: bool = True) -> Story:
    """One buffer asked for, exported, handed over, withdrawn where the dialect can, released."""
    story = Story(dialect)
    story.add(_start())
    send, recv = (0, 0) if dialect.in_place else (1, 0)
    if dialect.asks_vmid and announced:
        story.tell(EventKind.AVAILABLE, send, message(dialect, Op.NEED_VMID, 0), "NEED_VMID", head=0)
        story.tell(EventKind.USED, recv, message(dialect, Op.NEED_VMID, VMID), "NEED_VMID", str(VMID), head=0)
    low, high = (VMID, COUNTER) if dialect.vm_half_first else (COUNTER, VMID)
    names = (str(VMID), str(COUNTER), KEY.hex())
    export = message(dialect, Op.EXPORT, low, high)
    state = "exported" if dialect.in_place else "exporting"
    story.tell(EventKind.AVAILABLE, send, export, "EXPORT", *names, state)
    if not dialect.in_place:
        story.add(
            Record(EventKind.USED, BEGIN + len(story.records) * 1000, queue=1, head=1), "", "", "", "", "exported"
        )
    if Op.UNEXPORT in {c.op for c in dialect.commands.values()}:
        body = message(dialect, Op.UNEXPORT, low, high)
        story.tell(EventKind.AVAILABLE, send, body, "UNEXPORT", *names, "withdrawn", head=2)
    release = message(dialect, Op.DMABUF_REL, low, high)
    story.tell(EventKind.USED, recv, release, "DMABUF_REL", *names, "released")
    return story


def _start() -> Record:
    body = np.array([(0, 128, 1 << 32, 0x1000, 0x2000, 0x3000, 0, 0, 0, 0)], START).tobytes()
    return Record(EventKind.START, BEGIN, flags=EventFlag.COMPLETE, readable=len(body), readable_bytes=body)
