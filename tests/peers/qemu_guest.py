"""A QEMU guest whose init, a small C program, drives a vhost-user PCI device as a vdmabuf driver."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "guest"
QEMU = shutil.which("qemu-system-x86_64")
COMPILER = shutil.which("gcc")
MEMORY = "256M"
HELP = "apt-get install linux-image-amd64, or name one in VDMABUF_INSPECT_KERNEL"


def kernel() -> Path | None:
    """A Linux kernel image for x86-64: named, installed, or kept in the user's cache."""
    named = os.environ.get("VDMABUF_INSPECT_KERNEL")
    kept = Path("~/.cache/vdmabuf-inspect/vmlinuz").expanduser()
    found = [Path(named)] if named else [*sorted(Path("/boot").glob("vmlinuz-*amd64"), reverse=True), kept]
    return next((path for path in found if path.is_file() and os.access(path, os.R_OK)), None)


def missing() -> str:
    """Why no guest can be run here; empty when one can."""
    if not QEMU:
        return "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"
    if not COMPILER:
        return "gcc is not installed"
    return "" if kernel() else f"no Linux kernel image ({HELP})"


@cache
def initramfs(folder: Path) -> Path:
    """The guest's whole file system: its init."""
    init, archive = folder / "init", folder / "guest.cpio"
    subprocess.run(
        [COMPILER or "gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", init, SOURCE / "init.c"],
        check=True,
        timeout=60,
    )
    files = (("dev", b"", 0o040755), ("init", init.read_bytes(), 0o100755), ("TRAILER!!!", b"", 0))
    archive.write_bytes(b"".join(_entry(number, *file) for number, file in enumerate(files, 1)))
    return archive


def run_guest(folder: Path, socket: str, device: str, **parameters: object) -> str:
    """Run a guest to its end; what it said. `parameters` go on the kernel's command line, to init."""
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    command = [
        QEMU or "", "-accel", "tcg", "-machine", "q35,memory-backend=m", "-cpu", "qemu64", "-m", MEMORY,
        "-object", f"memory-backend-memfd,id=m,size={MEMORY},share=on",
        "-chardev", f"socket,id=c,path={socket}", "-device", f"{device},chardev=c",
        "-kernel", str(kernel()), "-initrd", str(initramfs(folder)),
        "-append", f"console=ttyS0 quiet panic=-1 {words}",
        "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def _entry(number: int, name: str, data: bytes, mode: int) -> bytes:
    """One file of a cpio archive in the new ASCII format."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
