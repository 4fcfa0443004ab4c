"""What needs no capture: the help text, and opening a large memory snapshot."""

import os
import sys
from pathlib import Path
from struct import pack

from .bar import Bar
from .process import TOOL, best, in_turn

GIB = 1 << 30
RING = 0x4000_0000
"""Guest-physical address of the ring in the snapshot."""
_LISTING = """
import sys
from elftools.elf.elffile import ELFFile
with open(sys.argv[1], "rb") as file:
    for segment in ELFFile(file).iter_segments():
        print(segment["p_type"], hex(segment["p_paddr"]), segment["p_filesz"])
"""


def help_text(times: int = 7) -> Bar:
    """`--help`, whole process."""
    done = best(times, TOOL, "--help")
    return Bar("--help", f"{done.seconds * 1000:.0f} ms", "under 200 ms", done.seconds < 0.2)


def core(folder: Path, times: int = 9) -> Bar:
    """Show the ring of an 8 GiB core, against a bare listing of its segments."""
    path = write_core(folder / "guest.core")
    queue = f"send={RING:#x},{RING + 0x1000:#x},{RING + 0x2000:#x},8"
    shown = (TOOL, "rings", path, "--device", "37", "--queue", queue)
    listing, rings = in_turn(times, (sys.executable, "-c", _LISTING, path), shown)
    if rings.code or "send" not in rings.tail:
        raise SystemExit(f"rings left with {rings.code}: {rings.tail}")
    ratio = rings.seconds / listing.seconds
    how = f"{rings.seconds:.2f} s and {listing.seconds:.2f} s"
    return Bar("rings of an 8 GiB ELF core, against a listing", f"{ratio:.2f} times", "under 2 times", ratio < 2, how)


def write_core(path: Path) -> Path:
    """A sparse ELF core of 8 GiB, 2 below the hole and 6 above it, with a ring of which one chain is available."""
    loads = ((0, 2 * GIB), (4 * GIB, 6 * GIB))
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    at, table = 0x1000, b""
    with path.open("wb") as out:
        for gpa, size in loads:
            table += pack("<IIQQQQQQ", 1, 6, at, 0, gpa, size, size, 0)
            at += size
        out.write(head + table)
        os.ftruncate(out.fileno(), at)
        out.seek(0x1000 + RING)
        out.write(pack("<QIHH", RING + 0x8000, 260, 0, 0))
        out.seek(0x1000 + RING + 0x1000)
        out.write(pack("<HHH", 0, 1, 0))
        out.seek(0x1000 + RING + 0x8000)
        out.write(pack("<I", 1) + bytes(256))
    return path
