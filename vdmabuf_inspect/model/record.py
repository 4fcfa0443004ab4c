"""The bytes of one ring event: a fixed little-endian header, descriptors, readable bytes, writable bytes.

The same record travels from a live watcher, lies in a capture's packet blocks and is what every column
is read from. Readable bytes are padded to a multiple of four so that every part stays word-aligned.
"""

from dataclasses import dataclass, field
from struct import Struct

import numpy as np

from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem

MAGIC = 0x5156
VERSION = 1

HEADER = np.dtype(
    [
        ("magic", "<u2"),
        ("version", "u1"),
        ("kind", "u1"),
        ("flags", "<u2"),
        ("queue", "<u2"),  # virtqueue index within its device
        ("head", "<u2"),  # head descriptor of the chain; on a packed ring its buffer ID
        ("index", "<u2"),  # free-running 16-bit ring index of this entry; packed: slot, wrap counter in bit 15
        ("event", "<u2"),  # what the other side asked then: avail_event (AVAILABLE), used_event (USED)
        ("descriptors", "<u2"),  # descriptors stored after the header
        ("used_len", "<u4"),  # bytes the device says it wrote
        ("problems", "<u4"),  # Problem bits
        ("readable", "<u4"),  # device-readable bytes of the chain, saturating
        ("writable", "<u4"),  # device-writable bytes of the chain, saturating
        ("readable_kept", "<u4"),  # of those, how many follow
        ("writable_kept", "<u4"),
        ("count", "<u4"),  # missed events, coalesced notifications, retries; packed AVAILABLE, USED: ring slots
        ("chain_length", "<u2"),  # descriptors in the chain, stored or not
        ("device", "<u2"),  # device number within the recording
    ]
)
"""Header of one record, 48 bytes.

CONTROL: `head` is the request (0xFFFF for any that is larger), `index` the low half of the vhost-user header's flags,
`event` the number of file descriptors, `count` the payload's declared size; the payload is the readable bytes, in the
recording machine's byte order. With flag BOUNDARY it is no message: `count` is the number of the session, from 1, and
the readable bytes are a line of text; BACK_END says which peer, CLOSED whether its connection ended or began. Of two
that ended the first came first."""

DESCRIPTOR = np.dtype(
    [
        ("addr", "<u8"),
        ("len", "<u4"),
        ("flags", "<u2"),
        ("next", "<u2"),  # on a packed ring the descriptor's own buffer ID
        ("index", "<u2"),  # place in its table
        ("table", "<u2"),  # 0 ring, 1 indirect
        ("pad", "<u4"),
    ]
)
"""One stored descriptor, 24 bytes."""

START = np.dtype(
    [
        ("device_id", "<u4"),
        ("size", "<u4"),
        ("features", "<u8"),
        ("desc", "<u8"),
        ("avail", "<u8"),
        ("used", "<u8"),
        ("avail_idx", "<u2"),
        ("used_idx", "<u2"),
        ("regions", "<u4"),
        ("offered", "<u8"),
    ]
)
"""Payload of a START event, 56 bytes, followed by `regions` REGION entries. Addresses are guest-physical.

`features` are those the driver acknowledged, `offered` those the device offered (0 where nobody knows).
On a packed ring (RING_PACKED acknowledged) `avail` and `used` are the driver's and the device's event suppression
structure (2.8), and the indices are ring positions."""

REGION = np.dtype([("gpa", "<u8"), ("size", "<u8")])

LOOK = np.dtype(
    [
        ("avail_flags", "<u2"),
        ("avail_idx", "<u2"),
        ("used_event", "<u2"),
        ("used_flags", "<u2"),
        ("used_idx", "<u2"),
        ("avail_event", "<u2"),
    ]
)
"""Payload of a LOOK event, 12 bytes.

On a packed ring the indices are ring positions (slot in bits 0 to 14, wrap counter in bit 15) of the driver and of the
device, the flags and events those of the driver's and of the device's event suppression structure (2.8.14)."""

COUNTS = np.dtype(
    [
        ("polls", "<u8"),  # looks at the ring
        ("missed", "<u8"),  # entries that were overwritten between two looks, the least that is known
        ("torn", "<u8"),  # readings that were repeated or distrusted because the ring moved meanwhile
        ("ambiguous", "<u8"),  # stretches of which even the number of entries is not known
        ("kicks", "<u8"),  # kicks noticed; several may be noticed as one
        ("calls", "<u8"),
        ("available", "<u8"),  # chains seen made available, and seen returned
        ("used", "<u8"),
    ]
)
"""Payload of a COUNTS event, 64 bytes: totals since the queue's START."""

PAGES = np.dtype(
    [
        ("name", "<u8"),  # the buffer's identifier as it stood in its export
        ("key", "<u8"),
        ("reference", "<u8"),  # address of the root page
        ("export_ns", "<i8"),  # time of that export
        ("began_ns", "<i8"),  # when the reading began
        ("took_ns", "<u4"),
        ("pages", "<u4"),  # as the export says
        ("listed", "<u4"),  # addresses that could be read
        ("hashed", "<u4"),  # data pages that `data_hash` covers, spread evenly over those that are there
        ("table_hash", "<u8"),
        ("data_hash", "<u8"),
        ("problem_at", "<u8"),  # address at which the table could not be read on
        ("problem", "<u4"),  # 0 none, 1 the root page, 2 a second-level page, 3 a count that no root page can hold
        ("runs", "<u4"),  # all there are, of which as many follow as the snap length lets
    ]
)
"""Payload of a PAGES event, 88 bytes, followed by RUN entries: the buffer's pages in its order, then its table's.

It was so between `began_ns` and `took_ns` later; the event is written a moment after that, so that a release that was
under way stands before it. Hashes are 64-bit BLAKE2b of what was read."""

RUN = np.dtype([("gpa", "<u8"), ("pages", "<u4"), ("kind", "u1"), ("presence", "u1"), ("pad", "<u2")])
"""Pages that follow each other in guest-physical memory, 16 bytes. `kind`: 0 data, 1 table. `presence`: 0 there,
1 absent (a dump left them out), 2 outside the guest's memory."""

CONTROL_QUEUE = 0xFFFF
"""The queue number of CONTROL events: they are of the whole device."""

_HEADER = Struct("<HBBHHHHHHIIIIIIIHH")
_DESCRIPTOR = Struct("<QIHHHHI")
_U32 = 0xFFFFFFFF
_KINDS = frozenset(EventKind)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One descriptor as the observer read it; `table` 0 is the ring's, 1 an indirect table."""

    addr: int
    len: int
    flags: int
    next: int
    index: int
    table: int = 0

    @property
    def writable(self) -> bool:
        """Whether the device may write it (VIRTQ_DESC_F_WRITE, virtio 1.2 2.7.5)."""
        return bool(self.flags & 2)


@dataclass(frozen=True, slots=True)
class Record:
    """One ring event, ready to be written; see HEADER for the meaning and width of each field."""

    kind: EventKind
    time_ns: int
    device: int = 0
    queue: int = 0
    flags: int = 0
    head: int = 0
    index: int = 0
    event: int = 0
    used_len: int = 0
    problems: int = 0
    readable: int = 0
    writable: int = 0
    count: int = 0
    chain_length: int = 0
    descriptors: tuple[Descriptor, ...] = ()
    readable_bytes: bytes = b""
    writable_bytes: bytes = b""
    comment: str = field(default="", compare=False)

    def pack(self) -> bytes:
        """The record's bytes: HEADER, descriptors, readable bytes padded to four, writable bytes."""
        header = _HEADER.pack(
            MAGIC, VERSION, self.kind, self.flags & 0xFFFF, self.queue, self.head, self.index,
            self.event, len(self.descriptors), min(self.used_len, _U32), self.problems,
            min(self.readable, _U32), min(self.writable, _U32), len(self.readable_bytes),
            len(self.writable_bytes), self.count, min(self.chain_length, 0xFFFF), self.device,
        )  # fmt: skip
        table = b"".join(
            _DESCRIPTOR.pack(d.addr, d.len, d.flags, d.next, d.index, d.table, 0) for d in self.descriptors
        )
        padding = bytes(-len(self.readable_bytes) % 4)
        return b"".join((header, table, self.readable_bytes, padding, self.writable_bytes))


def unpack(data: bytes | memoryview, time_ns: int = 0) -> Record | None:
    """Read one record back, as much as is there; None when it is no record of this version."""
    if len(data) < HEADER.itemsize:
        return None
    (magic, version, kind, flags, queue, head, index, event, stored, used_len, problems, readable,
     writable, kept_r, kept_w, count, length, device) = _HEADER.unpack_from(data)  # fmt: skip
    if magic != MAGIC or version != VERSION or kind not in _KINDS:
        return None
    at = HEADER.itemsize
    there = min(stored, (len(data) - at) // DESCRIPTOR.itemsize)
    table = tuple(Descriptor(*_DESCRIPTOR.unpack_from(data, at + i * DESCRIPTOR.itemsize)[:6]) for i in range(there))
    at += stored * DESCRIPTOR.itemsize
    body = bytes(data[at : at + kept_r])
    at += kept_r + -kept_r % 4
    return Record(
        EventKind(kind), time_ns, device, queue, EventFlag(flags), head, index, event, used_len,
        Problem(problems), readable, writable, count, length, table, body, bytes(data[at : at + kept_w]),
    )  # fmt: skip
