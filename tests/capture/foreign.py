"""A second, naive pcapng writer and reader: byte by byte, either byte order, anything that the format allows."""

import struct
from dataclasses import dataclass


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    assert size % 4 == 0
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str, options: bytes = b"", length: int = -1) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length) + options)


def interface(order: str, linktype: int, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, 0) + options)


def packet(order: str, number: int, ticks: int, data: bytes, options: bytes = b"") -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data + bytes(-len(data) % 4) + options)


@dataclass(frozen=True)
class Found:
    """One record as the naive reader sees it."""

    time_ns: int
    offset: int
    size: int
    name: str
    comment: str


def read(data: bytes) -> tuple[list[Found], int]:
    """Every record on link type 147 and the offset where reading had to stop (the length when it had not)."""
    found: list[Found] = []
    at, order = 0, "<"
    interfaces: list[tuple[str, int, int, int]] = []
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size % 4 or size < 12 or at + size > len(data):
            break
        if struct.unpack_from(order + "I", data, at + size - 4)[0] != size:
            break
        body = data[at + 8 : at + size - 4]
        if kind == 1 and len(body) >= 8:
            interfaces.append(_interface(order, body))
        elif kind == 6 and (record := _packet(order, body, at, interfaces)):
            found.append(record)
        at += size
    return found, at


def _pairs(order: str, data: bytes) -> list[tuple[int, bytes]]:
    pairs, at = [], 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0 or at + 4 + size > len(data):
            break
        pairs.append((code, data[at + 4 : at + 4 + size]))
        at += 4 + (size + 3) // 4 * 4
    return pairs


def _interface(order: str, body: bytes) -> tuple[str, int, int, int]:
    found = dict(_pairs(order, body[8:]))
    offset = struct.unpack(order + "q", found[14])[0] if len(found.get(14, b"")) == 8 else 0
    name = found.get(2, b"").decode("utf-8", "replace").rstrip("\0")
    return name, struct.unpack_from(order + "H", body)[0], (found.get(9) or b"\x06")[0], offset


def _packet(order: str, body: bytes, at: int, interfaces: list[tuple[str, int, int, int]]) -> Found | None:
    if len(body) < 20:
        return None
    number, high, low, size, _ = struct.unpack_from(order + "IIIII", body)
    if number >= len(interfaces) or size > len(body) - 20 or size < 48:
        return None
    name, linktype, resolution, offset = interfaces[number]
    if linktype != 147 or body[20:23] != b"\x56\x51\x01":
        return None
    comments = [v.decode("utf-8", "replace") for c, v in _pairs(order, body[20 + (size + 3) // 4 * 4 :]) if c == 1]
    return Found(clock(high << 32 | low, resolution, offset), at + 28, size, name, "\n".join(comments))


def clock(ticks: int, resolution: int, offset: int) -> int:
    """Nanoseconds with whole numbers, saturated to 63 bits."""
    unit = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    return max(min(ticks * 10**9 // unit + offset * 10**9, 2**63 - 1), -(2**63))
