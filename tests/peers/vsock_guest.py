"""A guest with a stock driver for virtio-vsock, and what a program in it does with sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.recording import recording, wait_for
from tests.peers.stock_guest import StockGuest
from tests.peers.vsock_device import VsockDevice
from tests.peers.vsock_host import HOST, PORT

DRIVERS = ("virtio_pci", "vmw_vsock_virtio_transport")
SHORT, LONG = (200, 3), (6000, 1)
"""Bytes that are sent and come back, and how often."""


@contextmanager
def vsock_guest(folder: Path, path: Path, *options: str) -> Iterator[StockGuest]:
    """Such a guest, its device of our own behind the proxy, recorded into `path`; what the driver does wrong fails."""
    front, back = folder / "front", folder / "back"
    with VsockDevice(back) as device:
        with recording(f"vhost-user:{front},{back}", path, "--device", "vsock", "--poll", "max", *options):
            wait_for(front.exists, 10, "the proxy")
            with StockGuest(folder, front_end(front), drivers=DRIVERS) as guest:
                guest.wait_ready()
                yield guest
        assert device.complaints == []


def front_end(socket: Path) -> list[str]:
    """QEMU's arguments for the device at that socket."""
    return ["-chardev", f"socket,id=vsock,path={socket}", "-device", "vhost-user-vsock-pci,id=vsock,chardev=vsock"]


def use(guest: StockGuest) -> None:
    """Two connections that are closed in good order, and one that is refused."""
    for size, count in (SHORT, LONG):
        assert guest.job("talk", f"{HOST}:{PORT}", size, count).bytes == size * count
    with pytest.raises(AssertionError, match="reset by peer"):
        guest.job("talk", f"{HOST}:{PORT + 1}", 8, 1)
