"""A guest whose console is on virtio-gpu, set up step by step so that everything it says can be read."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.debugger import Debugger
from tests.peers.kernel import place_in_module
from tests.peers.stock_guest import StockGuest

BEFORE_FIRST = "virtio_gpu_cmd_get_edids"
"""A function of the driver: called when its queues are set up and nothing was said."""
BEFORE_EACH = ("virtio_gpu_notify", "virtio_gpu_dequeue_ctrl_func")
"""Called when something was said or has been answered."""
_BIND = "/sys/bus/virtio/drivers/virtio_gpu"
_SEEN_S, _READ_S = 0.2, 0.03
_REST_S = 0.4
_BOOTED = "console=tty0 console=ttyS0 loglevel=6 panic=-1 vt.global_cursor_default=0"


@contextmanager
def console_guest(folder: Path) -> Iterator[StockGuest]:
    """A guest that has booted, its console on a display of 1280 by 800; `qmp` of the folder is free for a source."""
    devices = ["-device", "virtio-gpu-pci,id=gpu", "-append", _BOOTED, "-gdb", f"unix:{folder}/gdb,server=on,wait=off",
               "-qmp", f"unix:{folder}/own,server=on,wait=off"]  # fmt: skip
    with StockGuest(folder, devices, drivers=("virtio_pci", "virtio-gpu")) as guest:
        guest.qmp_path = folder / "own"
        guest.wait_ready()
        yield guest


def unbind(guest: StockGuest) -> None:
    """Take the display from its driver."""
    guest.ask(f"set {_BIND}/unbind virtio0")


def bind(guest: StockGuest, folder: Path) -> None:
    """Give it back; the guest stands still for a moment before each thing that is said, until nothing is."""
    text = int(guest.file("/sys/module/virtio_gpu/sections/.text")[0], 16)
    first, *each = (text + place_in_module("virtio-gpu", name) for name in (BEFORE_FIRST, *BEFORE_EACH))
    debugger = Debugger(folder / "gdb")
    debugger.stop_at(first)
    debugger.run()
    binding = threading.Thread(target=guest.ask, args=(f"set {_BIND}/bind virtio0",))
    binding.start()
    debugger.wait()
    time.sleep(_SEEN_S)
    debugger.stop_at(first, False)
    for address in each:
        debugger.stop_at(address)
    debugger.run()
    while debugger.wait(_REST_S) or binding.is_alive():
        time.sleep(_READ_S)
        debugger.run()
    debugger.interrupt()
    for address in each:
        debugger.stop_at(address, False)
    debugger.close()
    binding.join()
