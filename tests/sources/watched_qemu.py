"""A QEMU of our own making that is watched, and what was recorded of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.sources.fake_qemu import FakeQemu
from tests.sources.peers import until
from tests.stories.guest import WRITE, Ring
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.qemu import open_uri
from vdmabuf_inspect.sources.qemu.machine import Machine

TOLD = {EventKind.START, EventKind.STOP, EventKind.AVAILABLE, EventKind.USED, EventKind.GAP}


@dataclass
class Watched:
    """A machine that is watched in a thread, and what was recorded of it."""

    machine: Machine
    records: list[Record] = field(default_factory=list)

    def kinds(self, device: int = 0) -> list[str]:
        return [r.kind.name for r in self.records if r.device == device and r.kind in TOLD]

    def until(self, *kinds: str, device: int = 0) -> None:
        until(lambda: self.kinds(device) == list(kinds), lambda: (self.kinds(device), self.machine.status()))


@contextmanager
def watching(qemu: FakeQemu, query: str = "", options: SourceOptions | None = None) -> Iterator[Watched]:
    it = Watched(open_uri(f"{qemu.path}{query}", options or SourceOptions()))
    thread = threading.Thread(target=it.machine.run, args=(it.records.append,))
    thread.start()
    try:
        yield it
    finally:
        it.machine.stop()
        thread.join(10)
        assert not thread.is_alive()


def request(ring: Ring, head: int = 0) -> None:
    """One request of the driver's: 64 bytes to be written."""
    ring.describe(head, 0x8000 + 64 * head, 64, WRITE)
    ring.offer(head)
