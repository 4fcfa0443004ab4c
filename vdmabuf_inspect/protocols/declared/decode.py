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
        return _payload("bytes", data, 0)
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
        fields += _texts(command, body[end:], end) if command.text else _payload(command.payload, body[end:], end)
    return fields + tail


def json_fields(fields: list[Field]) -> dict[str, Any]:
    """The same by path as JSON values; payload stays out, its length is the message's business."""
    return {field.path: field.value for field in fields if field.name != "payload" and not _filler(field)}


def meaning(command: Command, data: bytes, from_device: bool, path: str) -> str:
    """What the protocol says about the field at `path` of a message, and where; empty where it says nothing."""
    if path == "bytes" or path in command.payload.split():
        return _CARRIED
    entries = command.answer_entries if from_device else command.entries
    for each in entries or ():
        if path.startswith(f"{each.name}["):
            return _entry_meaning(each, path.partition("].")[2])
        if not each.name and (said := docs_of(each.layout, path)):
            return said
    layout = _answer(command, data) if from_device else command.request
    return docs_of(layout, path) or (docs_of(command.trailer, path) if from_device else "")


def _entry_meaning(entries: Entries, path: str) -> str:
    said = (docs_of(layout, path) for layout in (entries.layout, *entries.kinds.values()))
    return _CARRIED if path == entries.data else next(filter(None, said), "")


def _answer(command: Command, data: bytes) -> Any:
    own = command.answers.layout(data) if command.answers else None
    return command.answer if own is None else own


def _trailer(command: Command, data: bytes, begin: int) -> list[Field]:
    if command.trailer is None:
        return []
    at = len(data) - command.trailer.sizeof()
    return list(layout_fields(command.trailer, data[at:], at)) if at >= begin else []


def _entries(entries: Entries, fields: list[Field], data: bytes, at: int) -> tuple[list[Field], int]:
    """The lists' fields, and where they end; `fields` are those before."""
    found: list[Field] = []
    for each in entries:
        told, at = _list(each, [*fields, *found], data, at)
        found += told
    return found, at


def _list(entries: Entries, fields: list[Field], data: bytes, begin: int) -> tuple[list[Field], int]:
    room = len(data) if entries.name else 1
    said = next((int(f.value) + entries.more for f in fields if f.path == entries.count), room)
    found, at, size = [], begin, entries.layout.sizeof()
    for number in range(min(said, room, MOST_ENTRIES)):
        if not size or len(data) - at < size:
            break
        told = _entry(entries, data, at, f"{entries.name}[{number}]" if entries.name else "")
        found += told
        at = max(at + size, told[-1].offset + told[-1].size)
        at += (begin - at) % entries.align
    else:
        at = max(at, begin + said * size) if entries.then else at
    return found, min(at, len(data))


def _entry(entries: Entries, data: bytes, at: int, path: str) -> list[Field]:
    """One entry and the bytes that follow it, as far as they are there."""
    told, size = list(layout_fields(entries.layout, data[at:], at, path)), entries.layout.sizeof()
    prefix = f"{path}." if path else ""
    count = next((int(f.value) for f in told if f.path == prefix + entries.tail), 0)
    rest = data[at + size : at + size + max(0, count - entries.whole * size)]
    layout = next((entries.kinds.get(str(f.value)) for f in told if f.path == prefix + entries.kind), None)
    if layout is not None:
        return told + list(layout_fields(layout, rest, at + size, path))
    return told + _payload(prefix + entries.data, rest, at + size, entries.text)


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


def _texts(command: Command, data: bytes, offset: int) -> list[Field]:
    """The payload's texts, each up to its zero byte, the last one up to the end."""
    *names, last = command.payload.split()
    found: list[Field] = []
    for name in names:
        text, zero, data = data.partition(b"\0")
        found += _payload(name, text, offset, True)
        offset += len(text) + len(zero)
    return found + _payload(last, data, offset, True)


def _payload(name: str, data: bytes, offset: int, text: bool = False) -> list[Field]:
    if not data:
        return []
    shown = data.rstrip(b"\0").decode("utf-8", "replace") if text else f"{len(data)} bytes"
    return [Field(name, shown if text else len(data), shown, offset, len(data))]


def _filler(field: Field) -> bool:
    unused = field.name.startswith(("padding", "reserved", "unused"))
    return (unused and not str(field.value).strip("0")) or field.size == 0
