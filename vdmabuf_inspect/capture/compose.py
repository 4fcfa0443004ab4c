"""The bytes of the blocks that a capture is made of."""

import os
from dataclasses import replace
from struct import Struct

from vdmabuf_inspect.capture.blocks import BYTE_ORDER
from vdmabuf_inspect.capture.schema import LINKTYPE, MARK, Block, Direction, Option
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import DESCRIPTOR, HEADER, Record

_DIRECTION = {
    EventKind.AVAILABLE: Direction.OUTBOUND,
    EventKind.KICK: Direction.OUTBOUND,
    EventKind.USED: Direction.INBOUND,
    EventKind.CALL: Direction.INBOUND,
}
_ENDS = Struct("<II")
_PACKET = Struct("<IIIII")
_LENGTH = Struct("<I")
_OPTION = Struct("<HH")


def block(kind: int, body: bytes) -> bytes:
    """A little-endian block of type `kind`; `body` is a multiple of four bytes."""
    size = len(body) + 12
    return b"".join((_ENDS.pack(kind, size), body, _LENGTH.pack(size)))


def _option(code: int, value: bytes) -> bytes:
    """One option; a value that its 16-bit length cannot say is cut."""
    value = value[:0xFFFF]
    return _OPTION.pack(code, len(value)) + value + bytes(-len(value) % 4)


def _text(value: str) -> bytes:
    return value.encode("utf-8", "replace")


def _options(*pairs: tuple[int, bytes]) -> bytes:
    """The options that have a value, and the end mark when there are any."""
    given = b"".join(_option(code, value) for code, value in pairs if value)
    return given + bytes(4) if given else b""


def section_block(application: str, hardware: str, comment: str = MARK) -> bytes:
    """The section header: the schema's mark as a comment, who recorded and on what."""
    system = os.uname()
    body = Struct("<IHHq").pack(BYTE_ORDER, 1, 0, -1) + _options(
        (Option.COMMENT, _text(comment)),
        (Option.HARDWARE, _text(hardware)),
        (Option.SYSTEM, f"{system.sysname} {system.release}".encode()),
        (Option.APPLICATION, _text(application)),
    )
    return block(Block.SECTION, body)


def interface_block(name: str, description: str, snaplen: int, linktype: int = LINKTYPE) -> bytes:
    """One virtqueue as an interface with nanosecond times; its name is `DEVICE/QUEUE`."""
    given = _options((Option.NAME, _text(name)), (Option.DESCRIPTION, _text(description)), (Option.RESOLUTION, b"\x09"))
    return block(Block.INTERFACE, Struct("<HHI").pack(linktype, 0, snaplen) + given)


def packet_block(interface: int, record: Record, snaplen: int) -> bytes:
    """One record as an enhanced packet: its bytes, the user's note, the direction as the driver sees it, the missed."""
    data = record.pack()
    size = len(data)
    if size > snaplen:
        data = shorten(record, snaplen).pack()
    missed = record.count if record.kind == EventKind.GAP else 0
    return enhanced_block(interface, record.time_ns, data, size, _direction(record), record.comment, missed)


def enhanced_block(
    interface: int, time_ns: int, data: bytes, size: int, direction: Direction, comment: str = "", missed: int = 0
) -> bytes:
    """One packet, of which `data` are the first of `size` bytes; `missed` packets before it are not in the file."""
    time = min(max(time_ns, 0), 0xFFFFFFFFFFFFFFFF)
    head = _PACKET.pack(interface, time >> 32, time & 0xFFFFFFFF, len(data), size)
    given = _options(
        (Option.COMMENT, _text(comment)),
        (Option.FLAGS, _LENGTH.pack(direction) if direction else b""),
        (Option.DROPPED, missed.to_bytes(8, "little") if missed else b""),
    )
    return block(Block.ENHANCED, head + data + bytes(-len(data) % 4) + given)


def _direction(record: Record) -> Direction:
    """As the driver sees it; of the control plane as the front end does."""
    if record.kind != EventKind.CONTROL:
        return _DIRECTION.get(record.kind, Direction.UNKNOWN)
    return Direction.INBOUND if record.flags & EventFlag.BACK_END else Direction.OUTBOUND


def shorten(record: Record, room: int) -> Record:
    """`record` within `room` bytes (at least 48), marked SHORTENED: writable bytes go first, descriptors last."""
    left = room - HEADER.itemsize
    table = record.descriptors[: left // DESCRIPTOR.itemsize]
    left -= len(table) * DESCRIPTOR.itemsize
    readable = record.readable_bytes[: left - left % 4]
    left -= len(readable) + -len(readable) % 4
    return replace(
        record,
        flags=record.flags | EventFlag.SHORTENED,
        descriptors=table,
        readable_bytes=readable,
        writable_bytes=record.writable_bytes[: max(left, 0)],
    )
