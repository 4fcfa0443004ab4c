"""A guest's keyboard and tablet, as arguments to QEMU, and a user of both by its monitor."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.stock_guest import StockGuest

DRIVERS = ("virtio_pci", "virtio_input")
BEFORE_FREE = ("virtio_input", "virtinput_recv_status")
"""A module and a function of it, called when the device has returned a lamp's buffer, which is freed there."""
GAP_S = 0.1
"""Between two things that the user does."""

Happened = tuple[str, str, int]
"""Type, code and value of an event, without the SYN that ends each thing done."""

TYPED: tuple[Happened, ...] = tuple(
    ("KEY", f"KEY_{key}", down) for key in ("H", "I", "LEFTSHIFT", "1", "ENTER") for down in (1, 0)
)
LOCKED: tuple[Happened, ...] = (("KEY", "KEY_CAPSLOCK", 1), ("KEY", "KEY_CAPSLOCK", 0)) * 4
LAMPS: tuple[Happened, ...] = (("LED", "CAPSL", 1), ("LED", "CAPSL", 0)) * 2
"""What the kernel answers on the status queue: each time the key goes down."""
MOVED: tuple[Happened, ...] = (("ABS", "X", 16384), ("ABS", "Y", 100))
"""One thing done: both are told before one SYN."""
CLICKED: tuple[Happened, ...] = (("KEY", "BTN_LEFT", 1), ("KEY", "BTN_LEFT", 0))
TURNED: tuple[Happened, ...] = (("REL", "WHEEL", 1),)

_QCODES = {"KEY_LEFTSHIFT": "shift", "KEY_ENTER": "ret", "KEY_CAPSLOCK": "caps_lock", "BTN_LEFT": "left"}


@contextmanager
def input_guest(folder: Path) -> Iterator[StockGuest]:
    """A guest that has booted; `qmp` of the folder is free for a source."""
    own, gdb = (f"unix:{folder}/{name},server=on,wait=off" for name in ("own", "gdb"))
    devices = ["-device", "virtio-keyboard-pci,id=keyboard", "-device", "virtio-tablet-pci,id=tablet",
               "-qmp", own, "-gdb", gdb]  # fmt: skip
    with StockGuest(folder, devices, drivers=DRIVERS) as guest:
        guest.qmp_path = folder / "own"
        guest.wait_ready()
        yield guest


def use(guest: StockGuest) -> None:
    """Type, lock, move, click, turn the wheel."""
    for done in [*([each] for each in (*TYPED, *LOCKED)), list(MOVED), *([each] for each in (*CLICKED, *TURNED))]:
        guest.qmp("input-send-event", events=[_told(*each) for each in done])
        time.sleep(GAP_S)


def _told(kind: str, code: str, value: int) -> dict[str, Any]:
    """One event as the monitor wants it."""
    if kind == "ABS":
        return {"type": "abs", "data": {"axis": code.lower(), "value": value}}
    if kind == "REL":
        return {"type": "btn", "data": {"button": "wheel-up", "down": True}}
    name = _QCODES.get(code, code.removeprefix("KEY_").lower())
    if code.startswith("BTN"):
        return {"type": "btn", "data": {"button": name, "down": bool(value)}}
    return {"type": "key", "data": {"key": {"type": "qcode", "data": name}, "down": bool(value)}}
