"""A made-up device's traffic on one split queue: requests with answers, put into guest memory and looked at."""

from pathlib import Path

from tests.stories.guest import Guest, Ring
from tests.stories.read_back import read_back
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.session.session import Session

_PLACE = 0x200


class Exchange:
    """One device with queues of 64 descriptors; each request takes two descriptors and its own 1 KiB of memory."""

    def __init__(self, device_id: int, name: str, *, features: int = 1 << 32, queues: int = 1) -> None:
        self.guest = Guest()
        self.name = name
        self.rings = []
        for index in range(queues):
            base = 0x1000 + 0x2000 * index
            layout = QueueLayout(0, index, f"{name}/{index}", 64, base, base + 0x800, base + 0xA00, features, device_id)
            self.guest.watch(layout)
            self.rings.append(Ring(self.guest, layout))
        self._next = [0] * queues
        self.guest.look()

    def ask(self, request: bytes, room: int = 0, queue: int = 0) -> int:
        """Make a request (b"": a receive buffer) with `room` writable bytes available; its head."""
        head = self._next[queue]
        self._next[queue] = (head + 2) % 64
        ring, at = self.rings[queue], 0x10000 + 0x20000 * queue + head * _PLACE
        self.guest.write(at, request)
        parts = ([(at, len(request), 0)] if request else []) + ([(at + 0x400, room, 2)] if room else [])
        for place, (address, length, flags) in enumerate(parts):
            more = place + 1 < len(parts)
            ring.describe(head + place, address, length, flags | more, head + place + 1)
        ring.offer(head)
        self.guest.look()
        return head

    def tell(self, head: int, answer: bytes = b"", queue: int = 0) -> None:
        """The device writes its answer and returns the chain."""
        self.guest.write(0x10000 + 0x20000 * queue + head * _PLACE + 0x400, answer)
        self.rings[queue].give_back(head, len(answer))
        self.guest.look()

    def both(self, request: bytes, answer: bytes, queue: int = 0) -> None:
        """A request and its answer."""
        self.tell(self.ask(request, len(answer), queue), answer, queue)

    def session(self, folder: Path) -> Session:
        """What the program makes of it."""
        self.guest.stop()
        return read_back(folder / "exchange.pcapng", self.guest.records, self.guest.names)
