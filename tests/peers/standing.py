"""A guest that stands still for a moment wherever a driver is about to use memory again, so that all can be read."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.debugger import Debugger
from tests.peers.kernel import place_in_module
from tests.peers.stock_guest import StockGuest

_READ_S, _REST_S = 0.05, 0.2


@contextmanager
def standing(guest: StockGuest, folder: Path, module: str, *functions: str) -> Iterator[None]:
    """While it lasts the guest stops at the beginning of each of these functions; its gdb stub is `gdb` in `folder`."""
    text = int(guest.file(f"/sys/module/{module}/sections/.text")[0], 16)
    places, ended = [text + place_in_module(module, name) for name in functions], threading.Event()
    debugger = Debugger(folder / "gdb")
    for place in places:
        debugger.stop_at(place)
    debugger.run()
    thread = threading.Thread(target=_stand, args=(debugger, ended), name="standing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        debugger.interrupt()
        for place in places:
            debugger.stop_at(place, False)
        debugger.close()


def _stand(debugger: Debugger, ended: threading.Event) -> None:
    while not ended.is_set():
        if debugger.wait(_REST_S):
            time.sleep(_READ_S)
            debugger.run()
