"""Guests that several tests share."""

from collections.abc import Iterator

import pytest

from tests.peers.kernel import missing
from tests.peers.stock_devices import Echo, stock_devices
from tests.peers.stock_guest import StockGuest


@pytest.fixture(scope="module")
def stock_guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockGuest]:
    """A guest with stock drivers for `stock_devices`, its console's far end echoing; skipped where none can run."""
    if why := missing(drivers=True):
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("guest")
    with StockGuest(folder, stock_devices(folder)) as guest:
        guest.wait_ready()
        echo = Echo(folder / "console")
        yield guest
        echo.close()
