"""Memory that a driver has freed: an allocator's word in it is not the device's doing."""

from struct import pack

import pytest

from tests.ring.memory import ring
from tests.stories.guest import WRITE
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.ring.split.watch import Watcher

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
    target = ring(4)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.describe(2, BUFFER, SIZE, WRITE)
    target.offer(2)
    watcher.look(1)
    target.guest.write(BUFFER, b"answered")
    target.guest.write(BUFFER + place, data)
    target.give_back(2, 8)
    (back,) = watcher.look(2)
    assert bool(back.flags & EventFlag.TAIL_CHANGED) is told
