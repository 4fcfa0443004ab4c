"""Pages are read beside a live pair, which is not disturbed, and in a snapshot; planned faults in them are found."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.rules.stories_pages import begun, pages_of, put_table
from tests.sources.peers import until
from tests.stories import Story
from tests.stories.read_back import codes, read_back
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.pages import Presence, unpack_map
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.sources.page_walk import PageWalk
from vdmabuf_inspect.sources.vhost_user import open_uri
from vdmabuf_inspect.views.page_map import recorded_map

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")


def watched(folder: Path, *driver: str, hold: int = 2) -> list[Record]:
    """The records of a session of the pair, with pages."""
    front, back = folder / "front", folder / "back"
    walk = PageWalk(open_uri(f"{front},{back}", SourceOptions(device="vdmabuf")))
    records: list[Record] = []
    thread = threading.Thread(target=walk.run, args=(records.append,))
    thread.start()
    try:
        device = [*PEER, "device", str(back), "--quiet", "--hold", str(hold)]
        with subprocess.Popen(device, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            until(back.exists, walk.status)
            run = [*PEER, "driver", str(front), "--quiet", *driver]
            subprocess.run(run, check=True, capture_output=True, timeout=60)
            process.wait(10)
        until(lambda: "front end closed" in walk.status(), walk.status)
    finally:
        walk.stop()
        thread.join(10)
    return records


FAULTS = {
    "reference-outside": "VP605", "page-outside": "VP605", "page-repeated": "VP606", "page-in-ring": "VP608",
    "table-changed": "VP609", "written-while-owned": "VP611",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_planned_fault_is_found(fault: str, tmp_path: Path) -> None:
    records = watched(tmp_path, "--count", "8", "--rate", "8", "--fault", f"{fault}@4")
    assert FAULTS[fault] in codes(read_back(tmp_path / "told.pcapng", records, {}))


def test_shared_pages_are_found(tmp_path: Path) -> None:
    records = watched(tmp_path, "--count", "8", "--rate", "8", "--fault", "pages-shared@4")
    assert "VP607" in codes(read_back(tmp_path / "told.pcapng", records, {}))


def test_clean_pair_is_clean_and_its_records_are_in_order(tmp_path: Path) -> None:
    records = watched(tmp_path, "--count", "40", "--rate", "40")
    session = read_back(tmp_path / "told.pcapng", records, {})
    assert not {code for code in codes(session) if code.startswith("VP")}
    pages = [r for r in records if r.kind is EventKind.PAGES]
    assert pages
    times = [r.time_ns for r in records]
    assert times == sorted(times)
    maps = [unpack_map(r.readable_bytes) for r in pages]
    assert all(m is not None and m.listed == m.pages == 63 and m.hashed and not m.trouble for m in maps)


def snapshot(story: Story, folder: Path) -> Session:
    """What its memory tells."""
    memory = folder / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    layouts = [ring.layout for ring in story.rings]
    queues = tuple(QueueOption(lay.name, lay.desc, lay.avail, lay.used, lay.size) for lay in layouts)
    return inspect(f"raw:{memory}@0", SourceOptions(queues, device="vdmabuf"))


def test_snapshot_has_the_pages_of_what_is_live(tmp_path: Path) -> None:
    story = begun()
    for counter in (1, 2):
        story.export(counter, pages=3, reference=put_table(story, counter, pages_of(counter)))
    session = snapshot(story, tmp_path)
    assert len(session.pages) == 2
    for number in range(2):
        known = recorded_map(session, number, session.seq)
        assert known is not None and known[0].count(Presence.THERE) == 3
        assert known[0].addresses().tolist() == pages_of(1 + number)


def test_snapshot_of_a_buffer_whose_pages_came_back_before_is_not_judged(tmp_path: Path) -> None:
    story = begun()
    story.export(1, pages=3, reference=put_table(story, 1, pages_of(1)))
    story.release(1)
    story.export(2, pages=3, reference=put_table(story, 2, pages_of(1)))
    assert not {code for code in codes(snapshot(story, tmp_path)) if code.startswith("VP")}
