"""A packed ring that moves while it is read: nobody is accused without cause, what is surely out is told as it is."""

from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.ring.moving import check
from tests.ring.moving_packed import Manner, MovingPacked
from tests.stories.read_back import findings, read_back
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Confidence, Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed import watch
from vdmabuf_inspect.ring.packed.watch import Watcher

PAUSES = ([0], [0, 0, 0, 0, 0, 1, 2, 5], [0, 0, 0, 10, 30], [0] * 30 + [100], [0] * 10 + [400])
SIZES = [1, 2, 3, 4, 5, 7, 12, 16, 33, 60, 64, 64]
LOOK_NS = 2_000_000
NEVER = {"VR120", "VR125", "VR150", "VR151"}


def moving_of(random: Random, *, indirect: bool, in_order: bool) -> MovingPacked:
    """Some pair or other."""
    size = random.choice(SIZES)
    features = Feature.VERSION_1 | Feature.RING_PACKED | Feature.INDIRECT_DESC
    features |= Feature.IN_ORDER if in_order else 0
    layout = QueueLayout(0, 0, "q", size, 0, 16 * size, 16 * size + 4, int(features))
    depth = min(size, random.choice([1, 2, 4, 64]))
    manner = Manner(indirect, in_order, depth, alike=random.random() < 0.3, ids=random.random() < 0.7)
    return MovingPacked(layout, random, manner)


def entries(records: list[Record]) -> int:
    """How many chains were told as made available, and how many as returned."""
    return sum(record.kind in (EventKind.AVAILABLE, EventKind.USED) for record in records)


def judge(records: list[Record], folder: Path) -> None:
    """No rule is certain that anybody broke it."""
    found = findings(read_back(folder / "q.pcapng", records, {(0, 0): "q"}))
    told = [f for f in found if f.code.startswith("VR") and f.severity >= Severity.WARNING]
    assert not [f for f in told if f.confidence is Confidence.CERTAIN or f.code in NEVER]


@pytest.mark.parametrize("in_order", [False, True], ids=["any order", "in order"])
@pytest.mark.parametrize("indirect", [True, False], ids=["tables", "neighbours"])
@pytest.mark.parametrize("pauses", PAUSES, ids=str)
def test_nobody_is_accused_whatever_moves_meanwhile(
    pauses: list[int], indirect: bool, in_order: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = 0
    for seed in range(12):
        random = Random(f"{seed} {pauses}")
        moving = moving_of(random, indirect=indirect, in_order=in_order)
        monkeypatch.setattr(watch, "monotonic_ns", partial(getattr, moving, "now_ns"))
        late = random.random() < 0.5
        moving.go(random.choice([0, 50, 500]) if late else 0)
        watcher = Watcher(moving.memory, moving.ring.layout)
        moving.pauses = random.choice([[0], pauses])
        records = watcher.start(moving.now_ns, complete=not moving.happened)
        out += check(records, moving, lossy=True)
        moving.pauses, lossy = pauses, any(pauses) or late
        for _ in range(20):
            before = moving.ring.driver
            moving.now_ns += LOOK_NS
            moving.go(random.choice([0, 1, 5, 10, 20, 60]) if random.random() < 0.97 else 2000)
            words = watcher.sight()
            new = watcher.step(moving.now_ns, words)
            lossy |= moving.ring.driver - before > moving.ring.layout.size or bool(watcher.missed or watcher.ambiguous)
            out += check(new, moving, lossy=lossy)
            records += new
        assert lossy or 0 <= moving.happened - entries(records) <= len(watcher._course.doubt)
        judge(records, tmp_path)
    assert out > 30
