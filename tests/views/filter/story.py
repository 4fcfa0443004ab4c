"""A recording told by hand: two devices in two dialects, buffers that come, go and come again, and a few faults."""

from dataclasses import dataclass, field
from pathlib import Path
from struct import pack

import numpy as np

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START, Descriptor, Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build, export_body, halves_of, wire_id
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session

BEGIN = 1_700_000_000_000_000_000
MS = 1_000_000
PICTURE = pack("<IIII", 640, 480, 2560, int.from_bytes(b"XR24", "little")) + pack("<Q", 0)
RECV, SEND = 0, 1


def key_of(counter: int) -> tuple[int, int]:
    """The key that the story's driver gives a buffer."""
    return 0x01020300 + counter, 0xA0B0C0D0


@dataclass
class Teller:
    """Records of one device, an event a millisecond."""

    device: int
    dialect: Dialect
    vmid: int
    records: list[Record]
    indices: dict[tuple[int, EventKind], int] = field(default_factory=dict)

    def start(self, queue: int) -> None:
        where = 0x10000 * (1 + queue + 2 * self.device)
        start = np.zeros(1, START)
        for name, value in {"device_id": 37, "size": 16, "features": 1 << 32, "desc": where}.items():
            start[name] = value
        start["avail"], start["used"] = where + 0x1000, where + 0x2000
        body = start.tobytes()
        self._add(EventKind.START, queue, 0, flags=EventFlag.COMPLETE, readable=len(body), readable_bytes=body)

    def post(self, head: int) -> None:
        size = self.dialect.size
        self._add(EventKind.AVAILABLE, RECV, head, writable=size, chain_length=1, descriptors=(_at(head, size, 2),))

    def send(self, head: int, body: bytes, back: bool = True) -> None:
        self._add(
            EventKind.AVAILABLE, SEND, head, readable=len(body), readable_bytes=body, chain_length=1,
            descriptors=(_at(16 + head, len(body), 0),),
        )  # fmt: skip
        if back:
            self._add(EventKind.USED, SEND, head)

    def receive(self, head: int, body: bytes) -> None:
        self._add(
            EventKind.USED, RECV, head, used_len=len(body), writable=len(body), writable_bytes=body, chain_length=1,
            descriptors=(_at(head, len(body), 2),),
        )  # fmt: skip

    def export(self, head: int, counter: int, pages: int, private: bytes = b"", back: bool = True) -> None:
        halves = halves_of(self.dialect, self.vmid, counter)
        fields = export_body(halves, key_of(counter), pages, 16, 100, 0x7000_0000_0000 + counter * 4096, private,
                             len(private))  # fmt: skip
        self.send(head, build(self.dialect, Op.EXPORT, fields), back)

    def release(self, head: int, counter: int) -> None:
        identifier = wire_id(halves_of(self.dialect, self.vmid, counter), key_of(counter))
        self.receive(head, build(self.dialect, Op.DMABUF_REL, identifier))

    def announce(self, head: int) -> None:
        self.send(head, build(self.dialect, Op.NEED_VMID, b""))
        self.receive(head, build(self.dialect, Op.NEED_VMID, self.vmid.to_bytes(4, "little")))

    def _add(self, kind: EventKind, queue: int, head: int, **fields: object) -> None:
        place = (queue, kind)
        index = self.indices.get(place, 0)
        self.indices[place] = index + (kind in (EventKind.AVAILABLE, EventKind.USED))
        time = BEGIN + MS * len(self.records)
        self.records.append(Record(kind, time, self.device, queue, head=head, index=index, **fields))  # type: ignore[arg-type]


def _at(slot: int, size: int, flags: int) -> Descriptor:
    return Descriptor(0x100000 + 0x1000 * slot, size, flags, 0, slot % 16)


def tell() -> list[Record]:
    """The story; the first device speaks as the specification says, the second as Linux RFC v4 does."""
    records: list[Record] = []
    one = Teller(0, DIALECTS["spec"], 7, records)
    two = Teller(1, DIALECTS["rfc-v4"], 9, records)
    for teller in (one, two):
        teller.start(RECV)
        teller.start(SEND)
        for head in range(4):
            teller.post(head)
        teller.announce(0)
    one.export(1, 41, 1)
    one.export(2, 42, 64, b"hello")
    two.export(1, 42, 100, PICTURE)
    one.export(3, 43, 200, PICTURE)
    one.release(1, 42)
    one.export(4, 42, 65)  # the same identifier again: 7:42b
    two.release(1, 42)
    one.release(2, 43)
    one.release(3, 43)  # twice
    one.send(5, b"\x02\0\0\0" + bytes(96))  # an export of 100 bytes
    one.export(6, 44, 2, back=False)
    for head in (2, 3):  # twice while the device has it
        two.export(head, 43, 10)
    return records


def recorded(path: Path) -> Session:
    """The story as a session, by way of a capture at `path`."""
    with CaptureWriter(path) as writer:
        for device in (0, 1):
            for queue, name in enumerate(("recv", "send")):
                writer.add_queue(device, queue, f"vdmabuf{device}/{name}")
        writer.write_many(tell())
    return inspect(str(path))
