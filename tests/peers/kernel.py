"""A Debian kernel for guests, its modules, and the small file systems that guests start from."""

import lzma
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from elftools.elf.elffile import ELFFile

SOURCE = Path(__file__).parent / "guest"
QEMU = shutil.which("qemu-system-x86_64")
COMPILER = shutil.which("gcc")
HELP = "apt-get install linux-image-amd64, or name one in VDMABUF_INSPECT_KERNEL"
DRIVERS = ("virtio_pci", "virtio-rng", "virtio_blk", "virtio_net", "virtio_console")
"""Modules with the stock drivers; those that they need are found by themselves."""
_KEPT = Path("~/.cache/vdmabuf-inspect").expanduser()
_NEEDS = re.compile(rb"\0depends=([^\0]*)\0")


def kernel() -> Path | None:
    """A Linux kernel image for x86-64: named, installed, or kept in the user's cache."""
    named = os.environ.get("VDMABUF_INSPECT_KERNEL")
    known = sorted(Path("/boot").glob("vmlinuz-*amd64"), reverse=True), sorted((_KEPT / "boot").glob("vmlinuz-*"))
    found = [Path(named)] if named else [*known[0], *known[1], _KEPT / "vmlinuz"]
    return next((path for path in found if path.is_file() and os.access(path, os.R_OK)), None)


def modules() -> Path | None:
    """The modules of that kernel: of its own unpacked package, or installed."""
    image = kernel()
    if image is None:
        return None
    version = _version(image)
    roots = (image.parent.parent, image.parent, Path("/"))
    found = (root / "lib/modules" / version / "kernel" for root in roots)
    return next((folder for folder in found if folder.is_dir()), None)


def missing(drivers: bool = False) -> str:
    """Why no guest can be run here, or none with stock `drivers`; empty when one can."""
    if not QEMU:
        return "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"
    if not COMPILER:
        return "gcc is not installed"
    if not kernel():
        return f"no Linux kernel image ({HELP})"
    return "no modules beside the Linux kernel image: unpack its whole package" if drivers and not modules() else ""


@cache
def initramfs(folder: Path, init: str, drivers: Sequence[str] = ()) -> Path:
    """A guest's whole file system: the C program `init` as its init, and modules to load in order."""
    program, archive = folder / init, folder / f"{init}.cpio"
    subprocess.run(
        [COMPILER or "gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE / f"{init}.c"],
        check=True,
        timeout=60,
    )
    files: list[tuple[str, bytes, int]] = [("dev", b"", 0o040755), ("modules", b"", 0o040755)]
    files += [(f"modules/{i:02}.ko", data, 0o100644) for i, data in enumerate(_in_order(drivers))]
    files += [("init", program.read_bytes(), 0o100755), ("TRAILER!!!", b"", 0)]
    archive.write_bytes(b"".join(_entry(number, *file) for number, file in enumerate(files, 1)))
    return archive


def module(name: str) -> bytes:
    """A module's ELF file. Raises KeyError where there is none."""
    return _unpacked(_files()[name.replace("-", "_")])


def place_in_module(name: str, function: str) -> int:
    """Where a function stands in a module's text. Raises KeyError where there is no such module."""
    elf = ELFFile(BytesIO(module(name)))
    found = elf.get_section_by_name(".symtab").get_symbol_by_name(function)[0]
    assert elf.get_section(found["st_shndx"]).name == ".text"
    return int(found["st_value"])


def _files() -> dict[str, Path]:
    """All modules by name."""
    folder = modules()
    return {path.name.split(".ko")[0].replace("-", "_"): path for path in folder.rglob("*.ko*")} if folder else {}


def _unpacked(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def _version(image: Path) -> str:
    """A bzImage says its version where its header points (boot protocol 2.00, kernel_version)."""
    data = image.read_bytes()
    at = int.from_bytes(data[0x20E:0x210], "little") + 0x200
    return data[at : at + 100].split(b" ")[0].decode(errors="replace")


def _in_order(names: Sequence[str]) -> list[bytes]:
    """The modules called `names`, each after those that it needs."""
    files, order = _files(), dict[str, bytes]()

    def take(name: str) -> None:
        path = files.get(name)
        if name in order or path is None:  # None: built in
            return
        data = _unpacked(path)
        found = _NEEDS.search(data)
        for need in found[1].decode().split(",") if found else ():
            take(need)
        order[name] = data

    for name in names:
        take(name.replace("-", "_"))
    return list(order.values())


def _entry(number: int, name: str, data: bytes, mode: int) -> bytes:
    """One file of a cpio archive in the new ASCII format."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
