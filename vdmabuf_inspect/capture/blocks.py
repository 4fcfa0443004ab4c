"""One pcapng block at a time: options, section headers, interface descriptions. Bad bytes never raise."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vdmabuf_inspect.capture.schema import BLOCK_LIMIT, Block, Option

BYTE_ORDER = 0x1A2B3C4D
_NAMED: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a capture stops making sense, and why. What came before `offset` (bytes) is good."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the file: its byte order and who wrote it."""

    order: str
    """`<` or `>`, as NumPy and struct write it."""
    application: str = ""
    hardware: str = ""
    system: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a section; ours are virtqueues, named `DEVICE/QUEUE`."""

    name: str
    linktype: int
    tsresol: int
    """The option's byte: 10 to the minus this, or with bit 7 set 2 to the minus the other bits."""
    section: int
    """Index of its section."""
    tsoffset: int = 0
    """Seconds to add to every time."""
    description: str = ""


def options(data: bytes, order: str, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """(code, value) of each option from byte `at` on, until the end mark or the first that does not fit."""
    while at + 4 <= len(data):
        code, size = (int.from_bytes(data[at + i : at + i + 2], _NAMED[order]) for i in (0, 2))
        if code == Option.END or at + 4 + size > len(data):
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4


def open_section(data: memoryview) -> tuple[Section, int] | str | None:
    """The section header at the start of `data` and its length in bytes.

    A string says why it is damaged; None means that it is not all there yet.
    """
    if len(data) < 12:
        return None
    order = next((o for o, name in _NAMED.items() if int.from_bytes(data[8:12], name) == BYTE_ORDER), None)
    if order is None:
        return "a section header without a byte order"
    size = int.from_bytes(data[4:8], _NAMED[order])
    if (fault := length_fault(Block.SECTION, size)) or size > len(data):
        return fault
    if fault := _section_fault(data, size, order):
        return fault
    return _section(bytes(data[8 : size - 4]), order), size


def _section_fault(data: memoryview, size: int, order: str) -> str | None:
    if int.from_bytes(data[size - 4 : size], _NAMED[order]) != size:
        return "the two lengths of a section header differ"
    if (major := int.from_bytes(data[12:14], _NAMED[order])) != 1:
        return f"a section of pcapng version {major}"
    return None


def _section(body: bytes, order: str) -> Section:
    found = {code: _text(value) for code, value in options(body, order, 16)}
    return Section(
        order,
        found.get(Option.APPLICATION, ""),
        found.get(Option.HARDWARE, ""),
        found.get(Option.SYSTEM, ""),
        found.get(Option.COMMENT, ""),
    )


def interface(body: bytes, order: str, number: int) -> Interface | None:
    """An interface of section `number` from the block's body; None when it is too short to be one."""
    if len(body) < 8:
        return None
    found = dict(options(body, order, 8))
    resolution = found.get(Option.RESOLUTION, b"")
    offset = found.get(Option.OFFSET, b"")
    return Interface(
        _text(found.get(Option.NAME, b"")),
        int.from_bytes(body[:2], _NAMED[order]),
        resolution[0] if resolution else 6,
        number,
        int.from_bytes(offset, _NAMED[order], signed=True) if len(offset) == 8 else 0,
        _text(found.get(Option.DESCRIPTION, b"")),
    )


def length_fault(kind: int, size: int) -> str | None:
    """Why `size` cannot be the length of a block of type `kind`; None when it can."""
    if size % 4 or size < (28 if kind == Block.SECTION else 12):
        return f"a block of type {kind:#x} has the impossible length {size}"
    if size > BLOCK_LIMIT:
        return f"a block of type {kind:#x} claims {size} bytes"
    return None


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")
