"""The guest of the other tests does what it says: its own counters agree with what it was told."""

import pytest

from tests.peers.stock_devices import PORT
from tests.peers.stock_guest import StockGuest

pytestmark = [pytest.mark.peers, pytest.mark.slow]


@pytest.mark.parametrize("disk", ["vda", "vdb"])
def test_a_disk_counts_its_requests(stock_guest: StockGuest, disk: str) -> None:
    before = stock_guest.disk_requests(disk)
    assert stock_guest.job("read", disk, 4096, 100).bytes == 409600
    assert stock_guest.job("write", disk, 512, 25, depth=4).steps == 100
    assert stock_guest.disk_requests(disk) - before == 200


def test_frames_are_asked_and_answered(stock_guest: StockGuest) -> None:
    before = stock_guest.frames("eth0")
    assert stock_guest.job("ask", "eth0", 60, 20).steps == 20
    after = stock_guest.frames("eth0")
    assert (after[0] - before[0], after[1] - before[1]) == (20, 20)


def test_entropy_and_console(stock_guest: StockGuest) -> None:
    assert stock_guest.job("random", "hwrng", 64, 40).bytes == 40 * 64
    assert stock_guest.job("echo", PORT, 100, 40).bytes == 4000


def test_a_job_that_cannot_be_done_says_why(stock_guest: StockGuest) -> None:
    with pytest.raises(AssertionError, match="No such file"):
        stock_guest.job("read", "vdz", 512, 1)
