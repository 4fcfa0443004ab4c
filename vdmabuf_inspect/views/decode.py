"""One message decoded with its construct declaration: values, words for people, and the bytes of each field."""

from typing import Any

from construct import Container, ListContainer

from vdmabuf_inspect.model.amounts import size
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.declared.decode import layout_fields
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.protocols.layout import spans_of
from vdmabuf_inspect.protocols.vdmabuf.declarations import PICTURE
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.private import decoder_of

PRIVATE = "op.private"


def message_bytes(record: Record, in_place: bool = False) -> bytes:
    """The bytes of the record that are a message: readable when made available, written when returned."""
    if record.kind is EventKind.USED:
        return record.writable_bytes[: record.used_len]
    return record.writable_bytes if in_place else record.readable_bytes


def message_op(dialect: Dialect, data: bytes) -> Op:
    """What the command word means."""
    word = data[dialect.cmd_offset : dialect.op_offset]
    command = dialect.commands.get(int.from_bytes(word, "little")) if len(word) == 4 else None
    return command.op if command else Op.UNKNOWN


def decode(dialect: Dialect, data: bytes) -> list[Field]:
    """Every field of a message; of one that is too short, those that are wholly there."""
    op = message_op(dialect, data)
    whole = data[: dialect.size].ljust(dialect.size, b"\0")
    parsed = dialect.message(op).parse(whole)
    fields = [
        _field(dialect, span.path, _at(parsed, span.path), span.offset, span.size)
        for span in dialect.spans(op)
        if span.offset + span.size <= len(data)
    ]
    return fields + (_private(dialect, op, parsed, len(data)) if op is Op.EXPORT else [])


def json_fields(dialect: Dialect, data: bytes) -> dict[str, Any]:
    """The body's fields by name, as JSON values: addresses and bytes as hex, the rest numbers."""
    result: dict[str, Any] = {}
    for field in decode(dialect, data):
        if field.path.startswith(f"{PRIVATE}."):
            result.setdefault("private", {})[field.name] = field.value
        elif field.path.startswith("op.") and field.name not in ("private", "rest", "op") and ".id." not in field.path:
            result[field.name] = field.value
    return result


def _at(parsed: Container, path: str) -> Any:
    value: Any = parsed
    for part in path.split("."):
        value = value[part]
    return value


def _field(dialect: Dialect, path: str, value: Any, offset: int, length: int) -> Field:
    if isinstance(value, ListContainer):
        raw = b"".join(int(v).to_bytes(4, "little") for v in value)
        return Field(path, raw.hex(), raw.hex(), offset, length)
    if isinstance(value, bytes):
        return _bytes(path, value, offset)
    name = path.rpartition(".")[2]
    if name == "cmd":
        command = dialect.commands.get(value)
        return Field(path, value, f"{command.op.name if command else 'unknown'} ({value:#x})", offset, length)
    if name in ("reference", "list_next", "list_prev"):
        return Field(path, hex(value), hex(value), offset, length)
    if name == "pages":
        return Field(path, value, f"{value} ({size(value * 4096)})", offset, length)
    return Field(path, value, str(value), offset, length)


def _bytes(path: str, value: bytes, offset: int) -> Field:
    if not any(value):
        return Field(path, "00" * len(value), f"{len(value)} bytes, all zero", offset, len(value))
    used = len(value.rstrip(b"\0"))
    shown = value[: min(used, 24)].hex(" ") + (" ..." if used > 24 else "")
    return Field(path, value.hex(), f"{shown} ({used} of {len(value)} bytes set)", offset, len(value))


def _private(dialect: Dialect, op: Op, parsed: Container, have: int) -> list[Field]:
    """The private data as the first decoder that recognises it reads it, as a picture's description where none does."""
    base = next(s.offset for s in dialect.spans(op) if s.path == PRIVATE)
    data = parsed.op.private[: max(0, min(parsed.op.private_size, have - base))]
    decoder = decoder_of(data)
    if decoder is None:
        return _picture(parsed, base, len(data))
    try:
        return list(layout_fields(decoder.layout, data, base, PRIVATE))
    except Exception as error:
        return [Field(f"{PRIVATE}.failed", str(error), f"{decoder.name} failed: {error}", base, len(data))]


def _picture(parsed: Container, base: int, have: int) -> list[Field]:
    """The private data as a picture's description, where it is as long as one."""
    if have < PICTURE.sizeof():
        return []
    picture = PICTURE.parse(parsed.op.private)
    fields = []
    for span in spans_of(PICTURE, PRIVATE):
        value = picture[span.path.rpartition(".")[2]]
        if isinstance(value, bytes):
            value = value.decode("latin-1").rstrip("\0")
        fields.append(Field(span.path, value, str(value), base + span.offset, span.size))
    return fields
