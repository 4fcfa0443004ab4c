"""The devices of a guest with stock drivers, as arguments to QEMU, and the host's ends of them."""

import socket
import threading
from pathlib import Path

DISK_BYTES = 16 << 20
DISK_SPEED = 1500
"""Requests a second of a disk that has a speed of its own, as disks have."""
PORT = "vport4p1"
"""The console port in the guest."""


def stock_devices(folder: Path) -> list[str]:
    """An entropy source, a disk on split rings (vda), one on packed rings (vdb), a network card and a console port.

    The card's frames are kept in `net.pcap`; the console's socket is `console`, both in `folder`.
    """
    disks = [_disk(folder, name) for name in ("split", "packed")]
    return [
        "-device", "virtio-rng-pci,id=rng",
        *disks[0], "-device", "virtio-blk-pci,id=blk-split,drive=split",
        *disks[1], "-device", "virtio-blk-pci,id=blk-packed,drive=packed,packed=on",
        "-netdev", "user,id=n", "-device", "virtio-net-pci,id=net,netdev=n",
        "-object", f"filter-dump,id=dump,netdev=n,file={folder}/net.pcap",
        "-device", "virtio-serial-pci,id=console",
        "-chardev", f"socket,id=c,path={folder}/console,server=on,wait=off",
        "-device", "virtserialport,chardev=c,name=port",
    ]  # fmt: skip


class Echo:
    """The console's other end: everything comes back. `received` counts its bytes."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when nobody listens on `path`."""
        self.received = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._thread = threading.Thread(target=self._run, name="echo", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def _run(self) -> None:
        try:
            while data := self._socket.recv(65536):
                self.received += len(data)
                self._socket.sendall(data)
        except OSError:
            return


def _disk(folder: Path, name: str) -> list[str]:
    path = folder / f"{name}.raw"
    with path.open("wb") as file:
        file.truncate(DISK_BYTES)
    return ["-drive", f"if=none,id={name},format=raw,file={path}"]
