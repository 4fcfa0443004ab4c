"""What watching a quiet device of a guest costs: less than a fiftieth of a core."""

import time
from pathlib import Path

import pytest

from tests.cli.test_growing import process
from tests.cli.test_live import until
from tests.peers.stock_guest import StockGuest
from tests.sources.quiet import spend

pytestmark = [pytest.mark.peers, pytest.mark.slow]
CALM, SECONDS = 10.0, 20.0


def test_a_quiet_device_costs_less_than_a_fiftieth_of_a_core(stock_guest: StockGuest, tmp_path: Path) -> None:
    target = tmp_path / "quiet.pcapng"
    with process(
        "record", f"qemu:{stock_guest.qmp_path}", "-o", target, "--device", "blk", "--duration", "60s"
    ) as recorder:
        until(target.exists)
        time.sleep(CALM)
        spent, lasted = spend(recorder, SECONDS)
    assert spent < 0.02 * lasted
