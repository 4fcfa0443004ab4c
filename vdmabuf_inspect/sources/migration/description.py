"""The devices' states in a migration stream, by the description (JSON) that stands at its end."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.migration.stream import DESCRIPTION, FULL, START

_MAX_CANDIDATES, _MAX_DEVICES = 1 << 20, 4096
_CANDIDATE = re.compile(bytes([DESCRIPTION]) + rb"(?=(....)\{)", re.DOTALL)
_NUMBERS = 8
"""Bytes after a section's name: its instance and version."""


@dataclass(frozen=True)
class Section:
    """One device: its path in the machine, its type, and the bytes of the fields that were looked for."""

    path: str
    kind: str
    fields: dict[str, bytes]


def read_sections(file: EvidenceFile, at: int) -> list[Section] | None:
    """The devices' states that begin at `at`, in the stream's order; None without a description of them."""
    tail = file.read(at, MAX_READ)
    found = next(_descriptions(tail), None)
    if found is None:
        return None
    sections: list[Section] = []
    position = 0
    for device in found[:_MAX_DEVICES]:
        body = _find(tail, device, position)
        if body >= 0:
            position = body
            fields = dict(_fields(tail, device, body))
            sections.append(Section(str(device["name"]), str(device.get("vmsd_name", "")), fields))
    return sections


def _descriptions(tail: bytes) -> Iterator[list[Any]]:
    """What may be the description: it is the last thing in the stream, of which only padding may follow."""
    end = len(tail.rstrip(b"\0"))
    for match in islice(_CANDIDATE.finditer(tail), _MAX_CANDIDATES):
        start = match.end() + 4
        if start + int.from_bytes(match[1], "big") != end:
            continue
        try:
            devices = json.loads(tail[start:end])["devices"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(devices, list):
            yield [each for each in devices if isinstance(each, dict) and isinstance(each.get("name"), str)]


def _find(tail: bytes, device: dict[str, Any], position: int) -> int:
    """Where a device's state begins, -1 when its section's header is not there."""
    name = device["name"].encode()[:255]
    try:
        header = bytes([len(name)]) + name + int(device.get("instance_id", 0)).to_bytes(4, "big")
    except (ValueError, TypeError, OverflowError):
        return -1
    at = tail.find(header, position)
    while at >= 0 and (at < 5 or tail[at - 5] not in (START, FULL)):
        at = tail.find(header, at + 1)
    return at + len(header) + _NUMBERS - 4 if at >= 0 else -1


def _fields(tail: bytes, device: dict[str, Any], at: int) -> Iterator[tuple[str, bytes]]:
    """The fields of a device's state by name, as far as their sizes make sense."""
    fields = device.get("fields")
    for each in fields if isinstance(fields, list) else []:
        size = each.get("size") if isinstance(each, dict) else None
        if not isinstance(size, int) or size < 0 or at + size > len(tail):
            return
        yield str(each.get("name")), tail[at : at + size]
        at += size
