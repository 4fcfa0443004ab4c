"""Where a machine's RAM blocks lie in guest-physical memory: QEMU's rules by machine type."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.migration.ram import Block

_4G = 1 << 32
_CMOS_LOW, _CMOS_HIGH = slice(0x34, 0x36), slice(0x5B, 0x5E)
_CMOS_UNIT, _CMOS_BASE = 1 << 16, 16 << 20
_DEVICE_MEMORY = re.compile(r"/rom@.*|[0-9a-f]{4}:.*|.*\.rom|pc\.bios|.*(flash|vram|mrom|vga).*|acpi.*", re.IGNORECASE)
_OBJECTS = "/objects/"


@dataclass(frozen=True)
class Board:
    """Machine types with one rule: RAM begins at `base`; with a hole below 4 GiB, `low` bytes of it lie below.

    `low` is (RAM size from which, bytes below) in falling order; empty means no hole.
    """

    machine: str
    block: str
    base: int = 0
    low: tuple[tuple[int, int], ...] = ()


BOARDS = (
    Board("pc-q35", "pc.ram", low=((0xB0000000, 0x80000000), (0, 0xB0000000))),
    Board("pc", "pc.ram", low=((0xE0000000, 0xC0000000), (0, 0xE0000000))),
    Board("microvm", "microvm.ram", low=((0, 0xC0000000),)),
    Board("virt", "mach-virt.ram", base=0x40000000),
    Board("virt", "riscv_virt_board.ram", base=0x80000000),
    Board("s390-ccw-virtio", "s390.ram"),
    Board("pseries", "ppc_spapr.ram"),
)
"""A machine type begins with `machine`; its RAM is called `block` unless a memory backend names it."""


@dataclass(frozen=True)
class Place:
    """`size` bytes of a block from `offset` on lie at guest-physical `gpa`."""

    block: Block
    offset: int
    gpa: int
    size: int


def places(name: str, machine: str, blocks: Sequence[Block], cmos: bytes = b"") -> tuple[list[Place], list[str]]:
    """Where RAM lies, and the names of blocks that may be RAM too but are at no known place.

    `cmos` is a PC's: it says how much lies below 4 GiB. Raises SourceError for a machine type that is not known.
    """
    board = _board(machine, blocks)
    if board is None:
        known = ", ".join(dict.fromkeys(each.machine for each in BOARDS))
        raise SourceError(
            f"{name}: of the machine type {machine or '(not said)'}, whose memory map is not known: {known}"
        )
    main = _main(board, blocks)
    total = sum(block.size for block in main)
    low = _said_low(cmos, total) or next((size for least, size in board.low if total >= least), total)
    found = list(_laid(main, board.base, low, _4G if board.low else board.base + low))
    bios = [Place(b, 0, _4G - b.size, b.size) for b in blocks if b.name == "pc.bios" and board.low and b.size < _4G]
    others = [b.name for b in blocks if b not in main and _may_be_ram(b)]
    return found + bios, others


def _board(machine: str, blocks: Sequence[Block]) -> Board | None:
    names = {block.name for block in blocks}
    fitting = [board for board in BOARDS if machine == board.machine or machine.startswith(f"{board.machine}-")]
    return next((board for board in (*fitting, *(() if machine else BOARDS)) if board.block in names), None) or (
        fitting[0] if fitting else None
    )


def _main(board: Board, blocks: Sequence[Block]) -> list[Block]:
    """The machine's RAM: the block of that name, else the largest backend and those called like it (NUMA nodes)."""
    named = [block for block in blocks if block.name == board.block]
    backends = [
        block for block in blocks if block.name.startswith(_OBJECTS) or not _DEVICE_MEMORY.fullmatch(block.name)
    ]
    if named or not backends:
        return named
    stem = _stem(max(backends, key=lambda block: block.size).name)
    return sorted((b for b in backends if _stem(b.name) == stem), key=lambda block: _number(block.name))


def _may_be_ram(block: Block) -> bool:
    return block.name.startswith(_OBJECTS) or not _DEVICE_MEMORY.fullmatch(block.name)


def _stem(name: str) -> str:
    return re.sub(r"\d+$", "", name)


def _number(name: str) -> int:
    return int("0" + name[len(_stem(name)) :][:18])


def _said_low(cmos: bytes, total: int) -> int:
    """What a PC's CMOS says lies below 4 GiB, 0 where that does not fit the amount of RAM."""
    low = int.from_bytes(cmos[_CMOS_LOW], "little") * _CMOS_UNIT + _CMOS_BASE
    high = int.from_bytes(cmos[_CMOS_HIGH], "little") * _CMOS_UNIT
    return low if high and low + high == total and low < _4G else 0


def _laid(main: Sequence[Block], base: int, low: int, high: int) -> Iterator[Place]:
    """The blocks one after the other: `low` bytes from `base` on, the rest from `high` on."""
    done = 0
    for block in main:
        below = max(0, min(block.size, low - done))
        if below:
            yield Place(block, 0, base + done, below)
        if below < block.size:
            yield Place(block, below, high + max(done - low, 0), block.size - below)
        done += block.size
