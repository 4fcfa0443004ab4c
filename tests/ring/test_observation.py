"""All rings of a device looked at together: what is counted, when it is told, and what a look costs."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack, unpack

import pytest

from tests.stories.guest import WRITE, Guest, Ring
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import COUNTS, Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.observation import HEARD, Notices, Observation
from vdmabuf_inspect.ring.split.window import Window
from vdmabuf_inspect.ring.split.words import read_words
from vdmabuf_inspect.ring.watch import Watcher

SECOND = 1_000_000_000


def layout(index: int = 0, size: int = 8, features: int = int(Feature.VERSION_1)) -> QueueLayout:
    base = 0x1000 + 0x8000 * index
    return QueueLayout(0, index, f"q{index}", size, base, base + 0x1000, base + 0x2000, features)


def counts(records: list[Record]) -> list[dict[str, int]]:
    told = [r for r in records if r.kind is EventKind.COUNTS]
    return [dict(zip(COUNTS.names or (), unpack("<8Q", r.readable_bytes), strict=True)) for r in told]


@pytest.fixture
def guest() -> Guest:
    return Guest()


def test_what_was_seen_is_counted_and_told_once_a_second(guest: Guest) -> None:
    ring, seen = Ring(guest, layout()), Observation()
    first = seen.add(Watcher(guest.memory, ring.layout), SECOND, True, HEARD | EventFlag.COMPLETE)
    assert [r.flags for r in first] == [HEARD | EventFlag.COMPLETE]
    ring.describe(0, 0x8000, 16, WRITE)
    ring.offer(0)
    assert [r.kind.name for r in seen.look(SECOND + 1, {0: Notices(2, 0)})] == ["AVAILABLE", "KICK"]
    ring.give_back(0, 16)
    assert [r.kind.name for r in seen.look(SECOND + 2, {0: Notices(0, 1)})] == ["USED", "CALL"] and seen.busy
    assert not seen.look(SECOND + 3) and not seen.busy
    told = seen.look(2 * SECOND + 3)
    assert counts(told) == [
        {"polls": 4, "missed": 0, "torn": 0, "ambiguous": 0, "kicks": 2, "calls": 1, "available": 1, "used": 1}
    ]
    assert told[0].flags == HEARD and not seen.busy
    assert not any(seen.look(n * SECOND) for n in range(4, 40))
    last = seen.remove(0, 50 * SECOND)
    assert [r.kind.name for r in last] == ["COUNTS", "STOP"] and counts(last)[0]["polls"] == 41


def test_that_notifications_can_be_heard_no_more_is_told_at_once(guest: Guest) -> None:
    seen = Observation()
    seen.add(Watcher(guest.memory, layout()), 0, True, EventFlag.KICKS_HEARD)
    seen.hear(0, HEARD)
    assert [r.flags for r in seen.look(1)] == [HEARD]
    assert not seen.look(2)


def test_a_ring_that_went_by_too_fast_to_be_followed_is_told_from_one_that_was_looked_at_late(guest: Guest) -> None:
    ring, seen, now = Ring(guest, layout()), Observation(), SECOND
    seen.add(Watcher(guest.memory, ring.layout), now, True)
    ring.describe(0, 0x8000, 16, WRITE)
    for pause, hopeless in ((SECOND // 10, False), (SECOND // 100_000, True), (SECOND // 10, False)):
        for _ in range(20):
            ring.offer(0)
            ring.give_back(0, 16)
        now += pause
        seen.look(now)
        assert seen.hopeless is hopeless
    seen.look(now + 1)
    assert not seen.hopeless


@contextmanager
def counted() -> Iterator[tuple[int, Memory, list[int]]]:
    """A memfd, memory that reads it by pread, and how often it did."""
    fd, reads = os.memfd_create("guest"), [0]
    os.ftruncate(fd, 1 << 20)

    def read(offset: int, size: int) -> bytes:
        reads[0] += 1
        return os.pread(fd, size, offset)

    yield fd, Memory([Segment(0, 1 << 20, read)]), reads
    os.close(fd)


def test_a_quiet_look_reads_each_ring_once() -> None:
    with counted() as (_, memory, reads):
        seen = Observation()
        for i in range(3):
            both = int(Feature.VERSION_1 | Feature.EVENT_IDX)
            seen.add(Watcher(memory, layout(i, 256, both)), 0, True)
        seen.look(1)
        seen.look(2)
        before = reads[0]
        assert not seen.look(3) and reads[0] - before == 3


@pytest.mark.parametrize("features", [Feature.VERSION_1, Feature.VERSION_1 | Feature.EVENT_IDX])
@pytest.mark.parametrize(
    ("size", "avail", "used"), [(8, 0x2000, 0x2100), (256, 0x9000, 0x2000), (32768, 0x20000, 0x80000)]
)
def test_a_window_shows_the_words_as_they_stand(features: Feature, size: int, avail: int, used: int) -> None:
    with counted() as (fd, memory, _):
        place = QueueLayout(0, 0, "q", size, 0x1000, avail, used, int(features))
        window = Window(memory, place)
        for value in range(1, 5):
            for n, at in enumerate((avail, avail + 2, avail + 4 + 2 * size, used, used + 2, used + 4 + 8 * size)):
                os.pwrite(fd, pack("<H", value + 16 * n), at)
            first = window.words()
            assert first == read_words(memory, place) and window.words() is first and window.words() is first


def test_ten_thousand_looks_a_second_at_two_quiet_queues_leave_most_of_a_core_free() -> None:
    with counted() as (_, memory, _):
        seen = Observation()
        for i in range(2):
            seen.add(Watcher(memory, layout(i, 256)), 0, True)
        looks, best = 2000, float("inf")
        for _ in range(5):
            begun = time.thread_time()
            for n in range(looks):
                seen.look(n)
            best = min(best, time.thread_time() - begun)
        assert best / looks < 1 / 10_000 / 2
