"""Builds ELF cores of any shape, honest or not, and a small guest memory with a ring in it."""

from dataclasses import dataclass
from pathlib import Path
from struct import pack

PT_LOAD, PT_NOTE = 1, 4
DESC, AVAIL, USED, DATA = 0x1000, 0x2000, 0x3000, 0x8000
SIZE = 8


@dataclass
class Load:
    """One program header; `data` goes to the file, `memsz` and the rest may lie."""

    paddr: int
    data: bytes = b""
    memsz: int | None = None
    offset: int | None = None
    filesz: int | None = None
    kind: int = PT_LOAD


def note(owner: str, kind: int = 0, data: bytes = b"abcd") -> bytes:
    """One ELF note."""
    name = owner.encode() + b"\0"
    return pack("<III", len(name), len(data), kind) + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4)


def write_core(
    path: Path, loads: list[Load], *, bits: int = 64, order: str = "<", notes: bytes = b"", kind: int = 4,
    count: int | None = None, extended: bool | None = None,
) -> Path:  # fmt: skip
    """Write an ELF core. `count` overrides the number of headers, `extended` asks for PN_XNUM."""
    if notes:
        loads = [Load(0, notes, kind=PT_NOTE), *loads]
    head, row = (64, 56) if bits == 64 else (52, 32)
    extended = len(loads) >= 0xFFFF if extended is None else extended
    section_size = 64 if bits == 64 else 40
    table_at = head + (section_size if extended else 0)
    rows = _rows(loads, bits, order, table_at + row * len(loads))
    said = len(loads) if count is None else count
    phnum = 0xFFFF if extended else said
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    word = "Q" if bits == 64 else "I"
    machine = {("<", 64): 62, ("<", 32): 3, (">", 64): 22, (">", 32): 8}[order, bits]
    header = ident + pack(
        order + f"HHI{word}{word}{word}IHHHHHH", kind, machine, 1, 0, table_at, head if extended else 0, 0,
        head, row, phnum, section_size if extended else 0, 1 if extended else 0, 0,
    )  # fmt: skip
    section = b""
    if extended:
        section = (
            pack(order + "IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, said, 0, 0)
            if bits == 64
            else pack(order + "IIIIIIIIII", 0, 0, 0, 0, 0, 1, 0, said, 0, 0)
        )
    path.write_bytes(header + section + b"".join(rows) + b"".join(load.data for load in loads))
    return path


def _rows(loads: list[Load], bits: int, order: str, at: int) -> list[bytes]:
    """Program headers; the data of the loads stand one after the other from byte `at` of the file on."""
    rows = []
    for load in loads:
        offset = at if load.offset is None else load.offset
        filesz = len(load.data) if load.filesz is None else load.filesz
        memsz = filesz if load.memsz is None else load.memsz
        if bits == 64:
            rows.append(pack(order + "IIQQQQQQ", load.kind, 6, offset, 0, load.paddr, filesz, memsz, 0))
        else:
            rows.append(pack(order + "IIIIIIII", load.kind, offset, 0, load.paddr, filesz, memsz, 6, 0))
        at += len(load.data)
    return rows


def ring_memory(size: int = 0x10000, message: bytes = b"hello, ring") -> bytearray:
    """Guest memory with a split ring of SIZE: one chain used and one outstanding."""
    memory = bytearray(size)
    for i, address in enumerate((DATA, DATA + 0x100)):
        memory[DESC + 16 * i : DESC + 16 * i + 16] = pack("<QIHH", address, len(message), 0, 0)
        memory[address : address + len(message)] = message
    memory[AVAIL : AVAIL + 8] = pack("<HHHH", 0, 2, 0, 1)
    memory[USED : USED + 12] = pack("<HHII", 0, 1, 0, 0)
    return memory
