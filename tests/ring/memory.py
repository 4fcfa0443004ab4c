"""Memory for ring tests: a bytearray that an observer reads, and may be changed under its eyes."""

from collections.abc import Callable

from tests.stories.guest import Guest, Ring
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout

VERSION_1 = int(Feature.VERSION_1)


def queue(size: int, features: int = VERSION_1) -> QueueLayout:
    """A queue whose parts lie one after the other from 0 on."""
    avail = 16 * size
    used = -(-(avail + 6 + 2 * size) // 4) * 4
    return QueueLayout(0, 0, "vdmabuf0/recv", size, 0, avail, used, features)


def ring(size: int, features: int = VERSION_1, room: int = 4096) -> Ring:
    """A fresh ring with `room` bytes of memory behind it."""
    layout = queue(size, features)
    end = layout.used + 6 + 8 * size
    return Ring(Guest(bytearray(-(-end // 16) * 16 + room)), layout)


def restless(ram: bytearray, change: Callable[[int], None]) -> Memory:
    """Memory in which `change(n)` happens before the n-th read."""
    reads = 0

    def read(offset: int, size: int) -> bytes:
        nonlocal reads
        change(reads)
        reads += 1
        return bytes(ram[offset : offset + size])

    return Memory([Segment(0, len(ram), read)])
