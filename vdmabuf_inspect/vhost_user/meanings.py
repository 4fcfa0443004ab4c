"""What a number in a payload means: its value for JSON and its words for people."""

from collections.abc import Callable
from enum import IntFlag
from typing import Any, NamedTuple

from vdmabuf_inspect.model.features import Feature, bit_names
from vdmabuf_inspect.vhost_user.wire import ProtocolFeature


class Said(NamedTuple):
    """A field without its place; `name` is its JSON name."""

    name: str
    value: Any
    text: str


Meaning = Callable[[int], list[Said]]
"""From a number to the fields that it stands for: one, unless several share a word."""


class Status(IntFlag):
    """Device status (virtio 1.2, 2.1)."""

    ACKNOWLEDGE = 1
    DRIVER = 2
    DRIVER_OK = 4
    FEATURES_OK = 8
    NEEDS_RESET = 64
    FAILED = 128


class ConfigFlag(IntFlag):
    """Flags of GET_CONFIG and SET_CONFIG."""

    MIGRATION = 1


class AddressFlag(IntFlag):
    """Flags of SET_VRING_ADDR."""

    LOG = 1


class MapFlag(IntFlag):
    """Flags of SHMEM_MAP."""

    WRITE = 1


def number(name: str, unit: str = "") -> Meaning:
    """A count of `unit`."""
    return lambda n: [Said(name, n, f"{n} {unit}".rstrip())]


def address(name: str) -> Meaning:
    """An address, or an offset."""
    return lambda n: [Said(name, hex(n), hex(n))]


def bits(name: str, kind: type[IntFlag]) -> Meaning:
    """Bits by name."""

    def said(n: int) -> list[Said]:
        names = bit_names(kind, n)
        return [Said(name, names, f"{n:#x} {' '.join(names)}".rstrip())]

    return said


def choice(name: str, *names: str) -> Meaning:
    """One of a list of names, by place."""
    return lambda n: [Said(name, names[n] if n < len(names) else n, names[n] if n < len(names) else f"unknown ({n})")]


def ring_fd(n: int) -> list[Said]:
    """A queue in bits 0 to 7; bit 8 says that no file descriptor comes with it."""
    return [Said("queue", n & 0xFF, str(n & 0xFF)), Said("no_fd", bool(n & 0x100), "yes" if n & 0x100 else "no")]


def base(n: int) -> list[Said]:
    """Where a ring goes on: a split ring's available index, and the two positions that a packed ring has there."""
    parts = ((n & 0x7FFF, n >> 15 & 1), (n >> 16 & 0x7FFF, n >> 31 & 1))
    packed = ", ".join(
        f"{side} {at} wrap {wrap}" for side, (at, wrap) in zip(("available", "used"), parts, strict=True)
    )
    return [Said("base", n, str(n) if n < 0x8000 else f"{n:#x} (packed: {packed})")]


def acknowledged(n: int) -> list[Said]:
    """0 for done, anything else for refused."""
    return [Said("result", n, "done" if n == 0 else f"refused ({n:#x})")]


FEATURES = bits("features", Feature)
PROTOCOL = bits("protocol_features", ProtocolFeature)
STATUS = bits("status", Status)
