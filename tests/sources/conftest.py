"""What several tests of live sources share."""

from collections.abc import Iterator

import pytest

from tests.sources.peers import GuestQueue


@pytest.fixture
def guest() -> Iterator[GuestQueue]:
    """A queue in shared memory of its own."""
    queue = GuestQueue()
    yield queue
    queue.close()
