"""What watching costs and how often it looks, measured on a real recording of the idle reference pair."""

import os
import time
from pathlib import Path

import pytest

from tests.sources.quiet import SETTLED, recording, rings, spend, waited_seconds

SECONDS = 5.0


@pytest.mark.slow
def test_a_quiet_guest_costs_less_than_a_fiftieth_of_a_core(tmp_path: Path) -> None:
    with recording(tmp_path) as child:
        time.sleep(SETTLED)
        spent, lasted = spend(child, SECONDS)
    assert spent < 0.02 * lasted


@pytest.mark.slow
def test_ten_thousand_looks_a_second_at_each_queue_when_asked(tmp_path: Path) -> None:
    with recording(tmp_path, "--poll", "10000") as child:
        before = waited_seconds(child.pid)
        spent, lasted = spend(child, SECONDS)
        waited = waited_seconds(child.pid) - before
    polls = [int(str(ring["polls"])) for ring in rings(tmp_path / "r.pcapng")]
    assert spent < 0.8 * min(polls) / 10_000
    assert min(polls) >= 10_000 * (lasted - waited)


def test_a_recording_gives_way_to_what_it_watches(tmp_path: Path) -> None:
    with recording(tmp_path) as child:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 10
