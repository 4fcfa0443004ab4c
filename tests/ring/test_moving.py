"""A ring that moves while it is read: nobody is accused without cause, and what is surely out is told as it is."""

from random import Random
from struct import pack

import pytest

from tests.ring.memory import VERSION_1, queue, ring
from tests.ring.moving import Moving, check
from tests.stories.guest import INDIRECT
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.split.watch import Watcher

TABLES = VERSION_1 | int(Feature.INDIRECT_DESC)
PAUSES = ([0], [0, 0, 0, 0, 0, 1, 2, 5], [0, 0, 0, 10, 30], [0] * 30 + [100])
LOOK_NS = 2_000_000


@pytest.mark.parametrize("indirect", [True, False])
@pytest.mark.parametrize("pauses", PAUSES, ids=str)
def test_nobody_is_accused_whatever_moves_meanwhile(pauses: list[int], indirect: bool) -> None:
    out = 0
    for seed in range(12):
        random = Random(f"{seed} {pauses}")
        size, begin = random.choice([1, 2, 4, 16, 64, 64]), random.choice([0, 0, 65500])
        moving = Moving(
            queue(size, TABLES), random, indirect=indirect, depth=min(size, random.choice([1, 2, 4, 64])), begin=begin
        )
        moving.go(0 if begin or size < 16 else random.choice([0, 50, 500]))
        watcher = Watcher(moving.memory, moving.ring.layout)
        moving.pauses = random.choice([[0], pauses])
        out += check(watcher.start(0, complete=not moving.made and not begin), moving, lossy=True)
        moving.pauses, lost = pauses, watcher.torn > 0
        for look in range(1, 21):
            moving.go(random.choice([0, 1, 5, 10, 20, 60]) if random.random() < 0.97 else 2000)
            records = watcher.look(look * LOOK_NS)
            out += check(records, moving, lossy=any(pauses) or bool(watcher.missed or lost))
    assert out > 30


def test_a_chain_that_came_and_went_behind_a_gap_is_not_taken_for_one_that_is_out() -> None:
    """One chain is out that nobody knows of: who came back, that one or the new one, the entries do not tell."""
    target = ring(4, TABLES)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.describe(0, 1024, 16, INDIRECT)
    target.guest.write(1024, pack("<QIHH", 2048, 8, 0, 0))
    target.offer(3)
    for _ in range(6):
        target.offer(0)
        target.give_back(0)
    assert EventKind.GAP in [r.kind for r in watcher.look(LOOK_NS)]
    target.offer(0)
    target.give_back(0)
    target.guest.write(1024, b"\xff" * 16)
    records = watcher.look(2 * LOOK_NS)
    assert [bool(r.flags & EventFlag.STALE) for r in records if r.kind is EventKind.AVAILABLE] == [True]
    target.guest.write(1024, b"\xee" * 16)
    target.guest.write(2048, b"later")
    assert not any(watcher.look(look * LOOK_NS) for look in range(3, 9))


def test_a_chain_that_is_out_is_told_with_what_is_wrong_with_it_though_others_come_and_go() -> None:
    target = ring(4, TABLES)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    target.describe(2, 1 << 40, 8)
    target.offer(2)
    target.offer(0)
    target.give_back(0)
    wrong = [r for r in watcher.look(LOOK_NS) if r.head == 2]
    assert [(r.problems, bool(r.flags & EventFlag.STALE)) for r in wrong] == [(Problem.OUTSIDE_MEMORY, False)]


def test_a_ring_that_was_too_fast_a_moment_ago_still_is() -> None:
    """A driver that is that fast has perhaps begun to write the next chain where the one that came back stood."""
    target = ring(4, VERSION_1)
    watcher = Watcher(target.guest.memory, target.layout)
    watcher.start(0, complete=True)
    for _ in range(6):
        target.offer(0)
        target.give_back(0)
    assert EventKind.GAP in [r.kind for r in watcher.look(LOOK_NS)]
    for look_ns, stale in ((2 * LOOK_NS, True), (2_000_000_000, False)):
        target.describe(1, 1024, 8)
        target.offer(1)
        target.give_back(1)
        offered, _ = watcher.look(look_ns)
        assert bool(offered.flags & EventFlag.STALE) is stale
