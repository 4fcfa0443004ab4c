"""A QEMU guest whose init, a small C program, drives a vhost-user PCI device as a vdmabuf driver."""

import subprocess
from pathlib import Path

from tests.peers.kernel import QEMU, initramfs, kernel, missing

__all__ = ["guest_command", "missing", "run_guest"]

MEMORY = "256M"


def run_guest(folder: Path, socket: str, device: str, **parameters: object) -> str:
    """Run a guest to its end; what it said. `parameters` go on the kernel's command line, to init."""
    command = guest_command(folder, socket, device, **parameters)
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def guest_command(folder: Path, socket: str, device: str, **parameters: object) -> list[str]:
    """How to run it."""
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    return [
        QEMU or "", "-accel", "tcg", "-machine", "q35,memory-backend=m", "-cpu", "qemu64", "-m", MEMORY,
        "-object", f"memory-backend-memfd,id=m,size={MEMORY},share=on",
        "-chardev", f"socket,id=c,path={socket}", "-device", f"{device},chardev=c",
        "-kernel", str(kernel()), "-initrd", str(initramfs(folder, "init")),
        "-append", f"console=ttyS0 quiet panic=-1 {words}",
        "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
    ]  # fmt: skip
