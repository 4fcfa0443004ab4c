"""Messages built and read through a dialect's own declarations; bodies that mean the same in all of them."""

from collections.abc import Mapping
from struct import pack
from typing import Any

from vdmabuf_inspect.protocols.vdmabuf.declarations import PREFIXES
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import OP_SIZE, PRIVATE_ROOM, Op

_KERNEL = 0xFFFF888000000000
ID_SIZE = 16


def build(dialect: Dialect, op: Op, body: Mapping[str, Any] | bytes, serial: int = 0) -> bytes:
    """A whole message of `dialect.size` bytes; a body given as bytes is padded with zeros.

    A dialect that puts a kernel list head on the wire gets two equal pointers, as `list_del_init` leaves them;
    `serial` moves them from message to message.
    """
    fields = {part.name: 0 for part in PREFIXES[dialect.prefix]}
    if "list_next" in fields:
        fields = dict.fromkeys(fields, _KERNEL + 0x100000 + 512 * (serial % 1024))
    raw = isinstance(body, bytes)
    content = {"op": body.ljust(OP_SIZE, b"\0")} if isinstance(body, bytes) else body
    whole = {**fields, "cmd": dialect.number(op), "op": content, "padding": bytes(dialect.tail)}
    return bytes(dialect.message(Op.UNKNOWN if raw else op).build(whole))


def export_body(
    halves: tuple[int, int],
    key: tuple[int, int],
    pages: int,
    first_offset: int,
    last_length: int,
    reference: int,
    private: bytes,
    private_size: int,
) -> dict[str, Any]:
    """EXPORT: `halves` are bytes 0 to 3 and 4 to 7 of the ID; `private` is padded with zeros."""
    return {
        "id": {"low": halves[0], "high": halves[1], "key": list(key)},
        "pages": pages & 0xFFFFFFFF,
        "first_offset": first_offset,
        "last_length": last_length,
        "reference": reference,
        "private_size": private_size,
        "private": private.ljust(PRIVATE_ROOM, b"\0"),
    }


def wire_id(halves: tuple[int, int], key: tuple[int, int]) -> bytes:
    """The sixteen bytes of an ID."""
    return pack("<IIII", *halves, *key)


def halves_of(dialect: Dialect, vmid: int, counter: int) -> tuple[int, int]:
    """The two words of `id` in memory order."""
    return (vmid, counter) if dialect.vm_half_first else (counter, vmid)


def read_op(dialect: Dialect, data: bytes) -> Op:
    """What a message of the right size means; UNKNOWN for a number that the dialect does not have."""
    number = int.from_bytes(data[dialect.cmd_offset : dialect.op_offset], "little")
    return dialect.commands[number].op if number in dialect.commands else Op.UNKNOWN


def id_of(dialect: Dialect, data: bytes) -> bytes:
    """The sixteen bytes of the ID of a message of the right size."""
    return bytes(data[dialect.op_offset : dialect.op_offset + ID_SIZE])


def vmid_of(dialect: Dialect, data: bytes) -> int:
    """The VM ID that an answer announces."""
    return int.from_bytes(data[dialect.op_offset : dialect.op_offset + 4], "little")


def counter_name(dialect: Dialect, identifier: bytes) -> str:
    """`VM:COUNTER` of an ID."""
    low, high = (int.from_bytes(identifier[i : i + 4], "little") for i in (0, 4))
    return f"{low}:{high}" if dialect.vm_half_first else f"{high}:{low}"
