"""What several tests of live sources share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.fake_qemu import FakeQemu
from tests.sources.peers import GuestQueue


@pytest.fixture
def guest() -> Iterator[GuestQueue]:
    """A queue in shared memory of its own."""
    queue = GuestQueue()
    yield queue
    queue.close()


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[FakeQemu]:
    """A QEMU of our own making that listens."""
    it = FakeQemu(tmp_path / "qmp")
    yield it
    it.close()
