"""qemu-storage-daemon serves a guest's disks through our proxy, and directly: same answers, same speed, all counted."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.recording import Seen, recording, rested, wait_for
from tests.peers.stock_guest import StockGuest
from tests.peers.storage_daemon import DAEMON, HELP, front_end, storage_daemon
from tests.peers.throughput import assert_undisturbed
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.views.findings import FindingsView

WHY = missing(drivers=True) or ("" if DAEMON else HELP)
pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.skipif(bool(WHY), reason=WHY or "-")]
ALONE, WATCHED = "vda", "vdb"


@dataclass(frozen=True)
class Peers:
    """A guest with two disks, the second of them watched, and the recording of that."""

    guest: StockGuest
    path: Path

    def seen(self) -> tuple[int, Seen]:
        """What the guest's kernel has counted on the watched disk, and what the recording has, now that both rest."""
        requests = self.guest.disk_requests(WATCHED)
        return requests, rested(self.path, 0, 0, 2 * requests)


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    folder = tmp_path_factory.mktemp("storage")
    front, path = folder / "front", folder / "disk.pcapng"
    with storage_daemon(folder, ("alone", "watched")) as sockets, ExitStack() as stack:
        source = f"vhost-user:{front},{sockets['watched']}"
        stack.enter_context(recording(source, path, "--device", "block"))
        wait_for(front.exists, 10, "the proxy")
        disks = front_end("alone", sockets["alone"]) + front_end("watched", front)
        guest = stack.enter_context(StockGuest(folder, disks))
        guest.wait_ready()
        yield Peers(guest, path)


@pytest.mark.parametrize(("job", "size", "depth"), [("read", 4096, 1), ("write", 512, 8), ("read", 65536, 4)])
def test_seen_and_missed_is_what_the_guest_did(peers: Peers, job: str, size: int, depth: int) -> None:
    done = peers.guest.job(job, WATCHED, size, 0, 600, depth)
    requests, found = peers.seen()
    print(f"guest: {done.steps} now, {requests} in all; {found}")
    assert done.steps > 0
    assert not found.ambiguous
    assert found.entries == 2 * requests


def test_the_observer_s_own_counts_are_those_of_its_events(peers: Peers) -> None:
    peers.guest.job("read", WATCHED, 4096, 100)
    requests, _ = peers.seen()
    wait_for(lambda: sum(peers.seen()[1].counts[i] for i in (1, 6, 7)) == 2 * requests, 15, "a COUNTS event")
    found = peers.seen()[1]
    assert (found.counts[1], found.counts[6], found.counts[7]) == (found.missed, found.available, found.used)


def test_nobody_is_accused(peers: Peers) -> None:
    peers.guest.job("write", WATCHED, 4096, 200, depth=4)
    peers.seen()
    view = FindingsView(inspect(str(peers.path)))
    rows = [view.row(i) for i in range(len(view))]
    assert [row for row in rows if row["culprit"] in ("driver", "device")] == []


def test_the_guest_is_not_slowed_down(peers: Peers) -> None:
    """Both disks have a speed of their own: a guest that keeps every processor busy has less to give (README)."""

    def speed(disk: str) -> float:
        done = peers.guest.job("read", disk, 4096, 0, 150, 2)
        return 1000 * done.steps / done.milliseconds

    assert_undisturbed(lambda: speed(ALONE), lambda: speed(WATCHED))
