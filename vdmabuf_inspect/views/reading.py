"""A message's bytes and fields, whatever protocol its device speaks."""

from typing import Any

from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.declared import decode as declared
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT, Dialect
from vdmabuf_inspect.session.session import FROM_DEVICE, Session
from vdmabuf_inspect.views import decode as vdmabuf

KEPT = "kept"
"""Beside a message's fields: how many bytes were recorded, where the snap length cut it."""

STALE = "stale"
"""Beside a message's fields: true where they were read when the memory could have been used again."""


def remarks(record_flags: int, kept: int, size: int) -> dict[str, Any]:
    """What is to be said beside a message's fields, by the flags of its record; `kept` of `size` bytes are there."""
    said: dict[str, Any] = {}
    if record_flags & EventFlag.SHORTENED and kept < size:
        said[KEPT] = kept
    if record_flags & EventFlag.STALE:
        said[STALE] = True
    return said


def declared_device(session: Session, row: int) -> DeclaredDevice | None:
    """The device of an event where its protocol is a declared one, None where it is vdmabuf or not known yet."""
    device = session.devices.get(session.queues.queues[int(session.events.qid[row])].device)
    return device if isinstance(device, DeclaredDevice) else None


def dialect_of(session: Session, row: int) -> Dialect:
    """The dialect in which an event's device speaks; the specification's where none is known."""
    queue = session.queues.queues[int(session.events.qid[row])]
    device = session.vdmabuf.get(queue.device)
    return (device.dialect if device else None) or DEFAULT


def speech_of(session: Session, row: int) -> str:
    """The dialect's or the protocol's name."""
    device = declared_device(session, row)
    return device.protocol.name if device is not None else dialect_of(session, row).name


def bytes_of(session: Session, row: int, record: Record) -> bytes:
    """The message bytes of an event's record, as far as they were captured."""
    return vdmabuf.message_bytes(record, in_place(session, row))


def in_place(session: Session, row: int) -> bool:
    """Whether the event's device answers in the request's own, device-writable bytes."""
    return declared_device(session, row) is None and dialect_of(session, row).in_place


def message_of(session: Session, row: int) -> bytes:
    """The message bytes of an event, as far as they were captured."""
    return bytes_of(session, row, session.record(row))


def fields_of(session: Session, number: int, data: bytes) -> list[Field]:
    """The fields of the message log's row `number`, whose bytes are `data`."""
    row = int(session.messages.row[number])
    device = declared_device(session, row)
    if device is None:
        return vdmabuf.decode(dialect_of(session, row), data)
    from_device = bool(session.messages.flags[number] & FROM_DEVICE)
    size = size_of(session, number, session.record(row))
    return declared.decode(device.protocol.command(int(session.messages.op[number])), data, from_device, size)


def json_of(session: Session, number: int, data: bytes) -> dict[str, Any]:
    """The body's fields by name, as JSON values."""
    row = int(session.messages.row[number])
    if declared_device(session, row) is None:
        return vdmabuf.json_fields(dialect_of(session, row), data)
    return declared.json_fields(fields_of(session, number, data))


def size_of(session: Session, number: int, record: Record) -> int:
    """The message's bytes on the wire."""
    row = int(session.messages.row[number])
    if session.messages.flags[number] & FROM_DEVICE:
        return record.used_len
    return record.writable if in_place(session, row) else record.readable
