"""virtiofsd with a folder that a guest mounts over vhost-user, and what a guest does there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.recording import wait_for
from tests.peers.stock_guest import StockGuest

DAEMON = Path("/usr/lib/qemu/virtiofsd")
HELP = f"{DAEMON} is not installed (apt-get install qemu-system-common of QEMU 7.2)"
DRIVERS = ("virtio_pci", "virtiofs")
TAG = "shared"
TEXT = "good morning"


@contextmanager
def shared_folder(folder: Path) -> Iterator[Path]:
    """Share a folder with one file, `greeting`; the daemon's socket. Raises AssertionError when it does not start."""
    source, socket = folder / "source", folder / "virtiofsd"
    source.mkdir()
    (source / "greeting").write_text(TEXT)
    options = ("-o", f"source={source}", "-o", "sandbox=chroot", "-o", "cache=none")
    with (folder / "virtiofsd.log").open("wb") as log:
        process = subprocess.Popen(
            [DAEMON, f"--socket-path={socket}", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_for(socket.exists, 20, "virtiofsd")
        yield socket
    finally:
        process.terminate()
        process.wait(10)


def front_end(socket: Path) -> list[str]:
    """QEMU's arguments for that folder at this socket."""
    return [
        "-chardev", f"socket,id=fs,path={socket}",
        "-device", f"vhost-user-fs-pci,id=fs,chardev=fs,tag={TAG},queue-size=64",
    ]  # fmt: skip


def use(guest: StockGuest) -> list[str]:
    """Mount the folder, list it, read, write and remove; what the guest saw."""
    guest.ask(f"share /mnt {TAG}")
    listed = guest.ask("list /mnt").split()
    read = " ".join(guest.file("/mnt/greeting"))
    guest.ask("set /mnt/answer thanks")
    guest.ask("remove /mnt/answer")
    return [*listed, read]
