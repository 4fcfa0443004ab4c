"""Memory that a driver has freed: an allocator's word in it is not the device's doing."""

from struct import pack

import pytest

from tests.stories.guest import WRITE, Guest
from tests.stories.packed import PackedRing
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.watch import Watcher

BUFFER, SIZE = 512, 256


@pytest.mark.parametrize(
    ("place", "data", "told"),
    [
        (128, pack("<Q", 0xFFFF888003456F00), False),
        (9, b"\1", False),
        (8, b"\1", True),
        (128, bytes(range(1, 17)), True),
    ],
)
def test_bytes_behind_the_used_length(place: int, data: bytes, told: bool) -> None:
    features = int(Feature.VERSION_1 | Feature.RING_PACKED)
    ring = PackedRing(Guest(bytearray(4096)), QueueLayout(0, 0, "q", 4, 0, 64, 68, features))
    watcher = Watcher(ring.guest.memory, ring.layout)
    watcher.start(0, complete=True)
    ring.offer([(BUFFER, SIZE, WRITE)], 2)
    watcher.look(1)
    ring.guest.write(BUFFER, b"answered")
    ring.guest.write(BUFFER + place, data)
    ring.give_back(2, 8)
    (back,) = watcher.look(2)
    assert bool(back.flags & EventFlag.TAIL_CHANGED) is told
