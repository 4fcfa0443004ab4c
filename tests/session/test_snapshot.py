"""A lone snapshot of a clean session: what is outstanding is told, what is past is presumed, nobody is accused."""

from pathlib import Path
from struct import pack, pack_into

import pytest

from tests.stories import Guest, Story, findings, read_back
from tests.stories.packed import PackedRing
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Confidence, Severity
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.still import still_devices, still_records
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.waiting import suppression

OPEN = {"VX901", "VX902"}
"""What a snapshot may say of itself: that its past is unknown, and that a handful of messages can be read two ways."""


def snapshot(story: Story, folder: Path) -> Session:
    """The story's memory as it is now, looked at once by somebody who was not there."""
    guest = story.guest
    records = still_devices(guest.memory, [ring.layout for ring in story.rings], guest.now)
    return read_back(folder / "still.pcapng", records, guest.names)


def busy(dialect: str, size: int, exports: int) -> Story:
    """A clean session in the middle of its work: the latest export is not returned yet."""
    story = Story(dialect, size=size)
    story.ask()
    for counter in range(1, exports):
        story.export(counter)
        story.release(counter)
        story._free.sort()  # Linux takes the descriptor that was freed last: the same one again and again
    story.export(exports, back=False)
    return story


@pytest.mark.parametrize("dialect", list(DIALECTS))
@pytest.mark.parametrize(("size", "exports"), [(16, 3), (4, 3), (4, 40)])
def test_snapshot_of_a_clean_session(dialect: str, size: int, exports: int, tmp_path: Path) -> None:
    session = snapshot(busy(dialect, size, exports), tmp_path)
    loud = [f for f in findings(session) if f.severity > Severity.NOTE and f.code not in OPEN]
    assert not loud


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_past_bytes_that_were_overwritten_are_not_shown(dialect: str, tmp_path: Path) -> None:
    """Of several uses of one head only the latest can have left its bytes."""
    session = snapshot(busy(dialect, 4, 40), tmp_path)
    seen: dict[tuple[int, int, int], int] = {}
    for row in range(session.seq):
        record = session.record(row)
        if record.flags & EventFlag.PRESUMED and (record.readable_bytes or record.writable_bytes):
            place = (record.queue, record.head, record.kind)
            seen[place] = seen.get(place, 0) + 1
    assert seen
    assert set(seen.values()) == {1}


def test_a_snapshot_tells_what_driver_and_device_ask_of_each_other(tmp_path: Path) -> None:
    story = Story(features=int(Feature.VERSION_1 | Feature.EVENT_IDX))
    story.ask()
    story.export(1)
    send = story.send
    pack_into("<H", story.guest.ram, send.layout.avail + 4 + 2 * send.layout.size, send.used_idx)
    pack_into("<H", story.guest.ram, send.layout.used + 4 + 8 * send.layout.size, send.avail_idx - 1)
    session = snapshot(story, tmp_path)
    said = suppression(RingState(session, session.queues.rings[1], session.seq))
    assert said[:2] == [
        "driver asked for an interrupt at the next entry",
        "device asked for no kick (its index 1 is passed)",
    ]


def test_a_snapshot_tells_what_is_asked_on_a_packed_ring(tmp_path: Path) -> None:
    layout = QueueLayout(
        0, 0, "vdmabuf0/q", 8, 0x1000, 0x2000, 0x3000, int(Feature.VERSION_1 | Feature.RING_PACKED | Feature.EVENT_IDX)
    )  # fmt: skip
    ring = PackedRing(Guest(), layout)
    ring.guest.write(0x2000, pack("<HH", 1 << 15, 2))
    ring.guest.write(0x3000, pack("<HH", 3 | 1 << 15, 2))
    records = still_records(ring.guest.memory, layout, ring.guest.now)
    session = read_back(tmp_path / "still.pcapng", records, {(0, 0): "vdmabuf0/q"})
    said = suppression(RingState(session, session.queues.rings[0], session.seq))
    assert said[:2] == [
        "driver asked for an interrupt at the next entry",
        "device asked for no kick until slot 3 (wrap 1)",
    ]


def test_a_queue_that_was_never_used_has_no_past_to_miss(tmp_path: Path) -> None:
    story = Story(watched=False)
    story.export(1)
    story.recv.set_avail(0)
    (found,) = findings(snapshot(story, tmp_path))
    assert (found.code, found.record and found.record.queue) == ("VX902", 1)


@pytest.mark.parametrize("dialect", [name for name, each in DIALECTS.items() if not each.in_place])
def test_what_was_released_is_not_shown_as_live(dialect: str, tmp_path: Path) -> None:
    """A snapshot has no order between its queues: a release is of the export that it can be of."""
    story = Story(dialect)
    story.ask()
    for counter in (1, 2, 3):
        story.export(counter)
        story.release(counter)
    story.export(4, back=False)
    view = BuffersView(snapshot(story, tmp_path))
    found = {row["buffer"]: row["state"] for row in (view.row(i) for i in range(len(view)))}
    assert found == {"7:1": "released", "7:2": "released", "7:3": "released", "7:4": "exporting"}


def test_page_lists_of_the_past_are_judged_as_possible(tmp_path: Path) -> None:
    """A buffer that a past entry exported may have come back since, its page list another's."""
    story = Story()
    story.ask()
    story.export(1, pages=3, reference=0x80000)
    memory = tmp_path / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    queues = tuple(QueueOption(r.layout.name, *_places(r.layout), r.layout.size) for r in story.rings)
    found = findings(inspect(f"raw:{memory}@0", SourceOptions(queues, device="vdmabuf")))
    judged = [f for f in found if f.code.startswith("VP")]
    assert {f.code for f in judged} == {"VP606", "VP608"}
    assert all(f.confidence is Confidence.POSSIBLE for f in judged)


def _places(layout: QueueLayout) -> tuple[int, int, int]:
    return layout.desc, layout.avail, layout.used
