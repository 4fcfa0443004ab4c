"""What both sides ask of each other reaches the records: flags soon, event indices with entries or once they rest."""

from struct import pack_into

from tests.stories.guest import Guest, Ring
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import LOOK, Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.watch import Watcher

MS = 1_000_000


def watched(features: Feature) -> tuple[Ring, Watcher]:
    guest = Guest()
    layout = QueueLayout(0, 0, "q", 8, 0x1000, 0x2000, 0x3000, int(features))
    watcher = Watcher(guest.memory, layout)
    watcher.start(0, True)
    return Ring(guest, layout), watcher


def looks(records: list[Record]) -> list[tuple[int, ...]]:
    import numpy as np

    found = [np.frombuffer(r.readable_bytes, LOOK)[0] for r in records if r.kind is EventKind.LOOK]
    return [tuple(int(f[n]) for n in ("avail_flags", "used_event", "used_flags", "avail_event")) for f in found]


def test_flags_are_told_at_once_but_not_each_time_they_toggle() -> None:
    ring, watcher = watched(Feature.VERSION_1)
    told = []
    for n in range(100):
        ring.set_flags(avail=1 - n % 2)
        told += looks(watcher.look(20 * MS + n * MS // 10))
    assert told == [(1, 0, 0, 0)]
    assert looks(watcher.look(31 * MS)) == [(0, 0, 0, 0)]
    assert not looks(watcher.look(1000 * MS))


def test_event_indices_are_told_once_they_rest() -> None:
    ring, watcher = watched(Feature.VERSION_1 | Feature.EVENT_IDX)
    at = ring.layout.avail + 4 + 2 * ring.layout.size
    told = []
    for n in range(1, 11):
        pack_into("<H", ring.guest.ram, at, n)
        told += looks(watcher.look(n * 40 * MS))
    assert not told
    assert looks(watcher.look(449 * MS)) == [] and looks(watcher.look(450 * MS)) == [(0, 10, 0, 0)]
    assert not looks(watcher.look(1000 * MS))


def test_an_entry_tells_what_the_other_side_asked() -> None:
    ring, watcher = watched(Feature.VERSION_1 | Feature.EVENT_IDX)
    pack_into("<H", ring.guest.ram, ring.layout.used + 4 + 8 * ring.layout.size, 7)
    ring.describe(0, 0x8000, 16, 0)
    ring.offer(0)
    assert [(r.kind, r.event) for r in watcher.look(1 * MS)] == [(EventKind.AVAILABLE, 7)]
    assert not watcher.look(1000 * MS)
