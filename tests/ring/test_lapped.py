"""A ring that goes round while it is being read: what was overwritten meanwhile is missed, not misread."""

from tests.stories.guest import WRITE, Guest, Ring
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.split.progress import Speed, progress
from vdmabuf_inspect.ring.split.watch import Watcher
from vdmabuf_inspect.ring.split.words import Words

LAYOUT = QueueLayout(0, 0, "q", 8, 0x1000, 0x2000, 0x3000, int(Feature.VERSION_1))


class Mover:
    """The driver and device go on for `steps` chains when the observer reads the entries of the available ring."""

    def __init__(self, guest: Guest) -> None:
        self.ring, self.steps, self.made = Ring(guest, LAYOUT), 0, 0
        self.memory = Memory([Segment(0, len(guest.ram), self.read)])

    def go(self) -> None:
        head = self.made % LAYOUT.size
        self.ring.describe(head, 0x8000 + 64 * head, 64, WRITE)
        self.ring.offer(head)
        self.ring.give_back(head, 1)
        self.made += 1

    def read(self, offset: int, size: int) -> bytes:
        if offset == LAYOUT.avail + 4:
            steps, self.steps = self.steps, 0
            for _ in range(steps):
                self.go()
        return bytes(self.ring.guest.ram[offset : offset + size])


def test_entries_that_were_overwritten_while_they_were_read_are_missed() -> None:
    for steps in range(30):
        mover = Mover(Guest())
        watcher = Watcher(mover.memory, LAYOUT)
        watcher.start(0, True)
        for _ in range(3):
            mover.go()
        mover.steps = steps
        records = watcher.look(1) + watcher.look(2)
        entries = [r for r in records if r.kind in (EventKind.AVAILABLE, EventKind.USED)]
        assert all(r.head == r.index % LAYOUT.size for r in entries)
        assert len(entries) + watcher.missed == 2 * mover.made
        assert sum(r.count for r in records if r.kind is EventKind.GAP) == watcher.missed


def test_a_flood_may_have_gone_round_once_more_where_entries_were_lost() -> None:
    """Of 65536 + 20000 entries 20000 are seen: the first look at a flood tells too low a speed."""
    flood = Words(0, 20_000, 0, 0, 20_000, 0)
    assert progress(0, 0, flood, 256, 100_000_000, Speed()).ambiguous
    few = Words(0, 300, 0, 0, 300, 0)
    assert not progress(0, 0, few, 256, 100_000_000, Speed()).ambiguous
