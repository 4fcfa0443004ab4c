"""qemu-storage-daemon with disks that a guest reaches over vhost-user."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.peers.recording import wait_for
from tests.peers.stock_devices import DISK_BYTES, DISK_SPEED

DAEMON = shutil.which("qemu-storage-daemon")
HELP = "qemu-storage-daemon is not installed (apt-get install qemu-utils)"


@contextmanager
def storage_daemon(folder: Path, names: Sequence[str]) -> Iterator[dict[str, Path]]:
    """Export a disk of DISK_SPEED for each name; the sockets of the exports by name."""
    sockets = {name: folder / f"{name}.export" for name in names}
    command = [DAEMON or "", *(word for name in names for word in _export(folder, name, sockets[name]))]
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: all(path.exists() for path in sockets.values()), 20, "the storage daemon")
        yield sockets
    finally:
        process.terminate()
        process.wait(10)


def front_end(name: str, socket: Path, *, packed: bool = False) -> list[str]:
    """QEMU's arguments for a disk at that socket."""
    device = f"vhost-user-blk-pci,id={name},chardev={name},num-queues=1,queue-size=128"
    return ["-chardev", f"socket,id={name},path={socket}", "-device", f"{device},packed={'on' if packed else 'off'}"]


def _export(folder: Path, name: str, socket: Path) -> list[str]:
    image = folder / f"{name}.image"
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    export = f"type=vhost-user-blk,id=e-{name},node-name={name},addr.type=unix,addr.path={socket},writable=on"
    return [
        "--object", f"throttle-group,id=t-{name},x-iops-total={DISK_SPEED}",
        "--blockdev", f"driver=file,node-name=f-{name},filename={image}",
        "--blockdev", f"driver=raw,node-name=r-{name},file=f-{name}",
        "--blockdev", f"driver=throttle,node-name={name},throttle-group=t-{name},file=r-{name}", "--export", export,
    ]  # fmt: skip
