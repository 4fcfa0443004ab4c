"""A guest's stock drivers recorded by its monitor: what was seen and missed is what the guest's kernel has counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.recording import Recorder, recording, rested, wait_for
from tests.peers.stock_devices import DISK_SPEED, PORT
from tests.peers.stock_guest import StockGuest
from tests.peers.throughput import assert_undisturbed
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.views.findings import FindingsView

pytestmark = [pytest.mark.peers, pytest.mark.slow]
DISKS = [("vda", "block1/requestq1"), ("vdb", "block0/requestq1")]

THROTTLE = {"device": "split", "iops": DISK_SPEED} | dict.fromkeys(("bps", "bps_rd", "bps_wr", "iops_rd", "iops_wr"), 0)


@pytest.fixture(scope="module")
def recorder(stock_guest: StockGuest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    stock_guest.qmp("block_set_io_throttle", **THROTTLE)  # now: a monitor serves one at a time
    path = tmp_path_factory.mktemp("recorded") / "guest.pcapng"
    with recording(f"qemu:{stock_guest.qmp_path}", path) as running:
        wait_for(lambda: {name for _, name in DISKS} <= places(path).keys(), 15, "the disks' queues")
        yield running


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Device and index of each queue by its name."""
    return {queue.name: (queue.device, queue.index) for queue in inspect(str(path)).queues.queues}


def entries(path: Path, name: str, least: int) -> tuple[int, bool]:
    """Entries of a queue that were seen or missed, once they are `least`; whether there may be more."""
    found = rested(path, *places(path)[name], least)
    print(f"{name}: {found}, {least} expected")
    return found.entries, found.ambiguous


@pytest.mark.parametrize(("disk", "name"), DISKS, ids=["split", "packed"])
def test_a_disk(stock_guest: StockGuest, recorder: Recorder, disk: str, name: str) -> None:
    before, requests = entries(recorder.path, name, 0)[0], stock_guest.disk_requests(disk)
    stock_guest.job("read", disk, 4096, 100)
    stock_guest.job("write", disk, 512, 50, depth=4)
    happened = 2 * (stock_guest.disk_requests(disk) - requests)
    seen, ambiguous = entries(recorder.path, name, before + happened)
    assert happened == 2 * 300
    assert seen - before == happened or (ambiguous and seen - before < happened)


def test_frames(stock_guest: StockGuest, recorder: Recorder) -> None:
    stock_guest.job("ask", "eth0", 60, 1)
    sent = stock_guest.frames("eth0")[0]
    before = entries(recorder.path, "net0/transmitq1", 2)[0]
    stock_guest.job("ask", "eth0", 60, 50)
    happened = 2 * (stock_guest.frames("eth0")[0] - sent)
    assert happened == 100
    assert entries(recorder.path, "net0/transmitq1", before + happened)[0] - before == happened


def test_a_console_port(stock_guest: StockGuest, recorder: Recorder) -> None:
    before = entries(recorder.path, "console0/transmitq1", 0)[0]
    stock_guest.job("echo", PORT, 64, 50)
    assert entries(recorder.path, "console0/transmitq1", before + 100)[0] - before == 100


def test_nobody_is_accused(stock_guest: StockGuest, recorder: Recorder) -> None:
    stock_guest.job("write", "vdb", 4096, 100, depth=4)
    view = FindingsView(inspect(str(recorder.path)))
    rows = [view.row(i) for i in range(len(view))]
    assert [row for row in rows if row["culprit"] in ("driver", "device")] == []


def test_the_guest_is_not_slowed_down(stock_guest: StockGuest, recorder: Recorder) -> None:
    """Its disk has a speed of its own: a guest that keeps every processor busy has less to give (README)."""

    def speed(watched: bool) -> float:
        recorder.pause(not watched)
        done = stock_guest.job("read", "vda", 4096, 0, 150, 2)
        return 1000 * done.steps / done.milliseconds

    assert_undisturbed(lambda: speed(False), lambda: speed(True))
