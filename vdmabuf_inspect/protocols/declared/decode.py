"""One message of a declared protocol decoded with its construct declarations: values, words, and each field's bytes."""

from collections.abc import Iterator
from typing import Any

from construct import Enum, FlagsEnum, ListContainer, Renamed

from vdmabuf_inspect.protocols.declared.protocol import Command, Entries
from vdmabuf_inspect.protocols.explained import Counted, counted, docs_of
from vdmabuf_inspect.protocols.field import Field

MOST_ENTRIES = 256
"""Entries of a list that are shown; what claims more is cut there."""
_CARRIED = "data that the message carries behind its fields; the protocol says no more about it"
_ADDRESSES = ("addr", "address")


def decode(command: Command | None, data: bytes, from_device: bool, size: int = 0) -> list[Field]:
    """Every field of a message; of one that is too short, those that are wholly there. Never raises for its bytes.

    `size`: bytes on the wire; where fewer were kept, what a message ends in is not among them.
    """
    if command is None:
        return _payload("bytes", data, 0, False)
    layout = _answer(command, data) if from_device else command.request
    entries = command.answer_entries if from_device else command.entries
    fields = list(layout_fields(layout, data, 0))
    end = layout.sizeof() if layout is not None else 0
    tail = _trailer(command, data, end) if from_device and len(data) >= size else []
    body = data[: tail[0].offset] if tail else data
    if entries is not None:
        listed, end = _entries(entries, fields, body, end)
        fields += listed
    if end < len(body):
        fields += _payload(command.payload, body[end:], end, command.text)
    return fields + tail


def json_fields(fields: list[Field]) -> dict[str, Any]:
    """The same by path as JSON values; payload stays out, its length is the message's business."""
    return {field.path: field.value for field in fields if field.name != "payload" and not _filler(field)}


def meaning(command: Command, data: bytes, from_device: bool, path: str) -> str:
    """What the protocol says about the field at `path` of a message, and where; empty where it says nothing."""
    if path in (command.payload, "bytes"):
        return _CARRIED
    entries = command.answer_entries if from_device else command.entries
    if entries is not None and path.startswith(f"{entries.name}["):
        return docs_of(entries.layout, path.partition("].")[2])
    layout = _answer(command, data) if from_device else command.request
    return docs_of(layout, path) or (docs_of(command.trailer, path) if from_device else "")


def _answer(command: Command, data: bytes) -> Any:
    own = command.answers.layout(data) if command.answers else None
    return command.answer if own is None else own


def _trailer(command: Command, data: bytes, begin: int) -> list[Field]:
    if command.trailer is None:
        return []
    at = len(data) - command.trailer.sizeof()
    return list(layout_fields(command.trailer, data[at:], at)) if at >= begin else []


def _entries(entries: Entries, fields: list[Field], data: bytes, at: int) -> tuple[list[Field], int]:
    size = entries.layout.sizeof()
    room = (len(data) - at) // size if size else 0
    said = next((f.value for f in fields if f.path == entries.count), room) if entries.count else room
    listed: list[Field] = []
    for number in range(min(int(said), room, MOST_ENTRIES)):
        listed += layout_fields(entries.layout, data[at:], at, f"{entries.name}[{number}]")
        at += size
    return listed, at


def layout_fields(layout: Any, data: bytes, base: int, prefix: str = "") -> Iterator[Field]:
    """The leaves of a layout that are wholly in `data`; their offsets begin at `base`."""
    if layout is None:
        return
    parsed = layout.parse(data[: layout.sizeof()].ljust(layout.sizeof(), b"\0"))
    yield from _leaves(layout, parsed, len(data), (prefix, base, base))


def _leaves(layout: Any, parsed: Any, room: int, where: tuple[str, int, int]) -> Iterator[Field]:
    prefix, base, offset = where
    for sub in layout.subcons:
        path = f"{prefix}.{sub.name}" if prefix else str(sub.name)
        inner, size = _named(sub), sub.sizeof()
        if hasattr(inner, "subcons"):
            yield from _leaves(inner, parsed[sub.name], room, (path, base, offset))
        elif offset + size <= base + room:
            yield _field(inner, path, parsed[sub.name], offset, size)
        offset += size


def _named(con: Any) -> Any:
    while isinstance(con, Renamed):
        con = con.subcon
    return con


def _field(layout: Any, path: str, value: Any, offset: int, size: int) -> Field:
    if isinstance(layout, Enum):
        number = int(value)
        name = layout.decmapping.get(number)
        return Field(path, str(name) if name else number, f"{name or 'unknown'} ({number:#x})", offset, size)
    if isinstance(layout, FlagsEnum):
        return _flags(path, value, offset, size)
    if isinstance(value, ListContainer):
        return Field(path, list(value), " ".join(str(v) for v in value), offset, size)
    if isinstance(value, bytes):
        return _octets(path, value, offset)
    if path.rpartition(".")[2].endswith(_ADDRESSES):
        return Field(path, hex(value), hex(value), offset, size)
    text = counted(value, layout.unit) if isinstance(layout, Counted) else str(value)
    return Field(path, value, text, offset, size)


def _flags(path: str, value: Any, offset: int, size: int) -> Field:
    names = [name for name, on in value.items() if on and not name.startswith("_")]
    return Field(path, names, " | ".join(names) or "none", offset, size)


def _octets(path: str, value: bytes, offset: int) -> Field:
    if not any(value):
        return Field(path, value.hex(), f"{len(value)} bytes, all zero", offset, len(value))
    if value.rstrip(b"\0").isascii() and value.rstrip(b"\0").decode().isprintable():
        text = value.rstrip(b"\0").decode()
        return Field(path, text, text, offset, len(value))
    return Field(path, value.hex(), value[:24].hex(" ") + (" ..." if len(value) > 24 else ""), offset, len(value))


def _payload(name: str, data: bytes, offset: int, text: bool) -> list[Field]:
    if not data:
        return []
    shown = data.rstrip(b"\0").decode("utf-8", "replace") if text else f"{len(data)} bytes"
    return [Field(name, shown if text else len(data), shown, offset, len(data))]


def _filler(field: Field) -> bool:
    unused = field.name.startswith(("padding", "reserved", "unused"))
    return (unused and not str(field.value).strip("0")) or field.size == 0
