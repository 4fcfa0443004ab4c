"""Driver and device understand each other in every dialect, as threads and as two processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reference.peers import run_pair
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_clean_run(dialect: str) -> None:
    outcome = run_pair({"dialect": dialect}, {"dialect": dialect})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines
    assert outcome.said("driver: 12 exports, 12 releases, 0 buffers still out")
    assert outcome.said("device: front end gone; 12 exports, 12 releases, 0 buffers held")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_device_sees_the_painted_frames(dialect: str) -> None:
    outcome = run_pair({"dialect": dialect, "count": 5}, {"dialect": dialect})
    seen = [line.rpartition(" ")[2] for line in outcome.said("device: export")]
    assert seen == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("size", [1, 2, 4, 256])
@pytest.mark.parametrize("dialect", ["spec", "rfc-v1", "rfc-v4"])
def test_queue_sizes(dialect: str, size: int) -> None:
    outcome = run_pair({"dialect": dialect, "queue_size": size, "count": 6}, {"dialect": dialect, "hold": 0})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines


@pytest.mark.parametrize("framing", ["whole", "split", "indirect", "mixed"])
def test_framings(framing: str) -> None:
    outcome = run_pair({"framing": framing}, {})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines


@pytest.mark.parametrize("off", ["event_idx", "indirect"])
def test_without_a_feature(off: str) -> None:
    outcome = run_pair({off: False}, {})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize("indirect", [False, True], ids=["direct", "indirect"])
@pytest.mark.parametrize("event_idx", [False, True], ids=["flags", "event-idx"])
@pytest.mark.parametrize("batch", [0, 1, 4], ids=["any-order", "in-order", "batches"])
def test_rings_of_every_kind(packed: bool, indirect: bool, event_idx: bool, batch: int) -> None:
    driver = {"packed": packed, "indirect": indirect, "event_idx": event_idx, "queue_size": 7 if packed else 8}
    outcome = run_pair(
        driver | {"framing": "mixed", "count": 20}, {"in_order": batch > 0, "batch": batch or 1, "hold": 1}
    )
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines
    assert outcome.said("driver: 20 exports, 20 releases, 0 buffers still out")
    frames = [line.rpartition(" ")[2] for line in outcome.said("device: export")]
    assert frames == [str(n) for n in range(1, 21)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_packed_in_every_dialect(dialect: str) -> None:
    outcome = run_pair({"dialect": dialect, "packed": True, "queue_size": 6}, {"dialect": dialect})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines


def test_packed_only_where_both_want_it() -> None:
    outcome = run_pair({"packed": True}, {"packed": False})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines
    outcome = run_pair({"packed": True, "queue_size": 7}, {"packed": False})
    assert outcome.driver == 2
    assert outcome.said("the back end has no packed rings")


def test_in_order_and_asking_again() -> None:
    outcome = run_pair({"opens": 3}, {"in_order": True})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines
    assert len(outcome.said("device: asked for the VM ID")) == 3


def test_ids_are_new_in_the_specification_and_kept_in_rfc_v4() -> None:
    for dialect, expected in (("spec", 12), ("rfc-v4", 4)):
        outcome = run_pair({"dialect": dialect}, {"dialect": dialect})
        assert len({line.split()[2] for line in outcome.said("driver: export")}) == expected


def test_driver_may_listen() -> None:
    outcome = run_pair({"listen": True}, {"listen": False})
    assert (outcome.driver, outcome.device) == (0, 0), outcome.lines


@pytest.mark.parametrize(
    ("front", "back"),
    [((), ()), (("--packed", "--queue-size", "5", "--framing", "mixed"), ("--in-order", "--batch", "3"))],
    ids=["split", "packed-in-order"],
)
def test_two_processes(tmp_path: Path, front: tuple[str, ...], back: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "vdmabuf_inspect.reference"]
    path = str(tmp_path / "s")
    serve = [*command, "device", path, "--vmid", "77", *back]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as device:
        driver = subprocess.run(
            [*command, "driver", path, "--count", "3", *front], capture_output=True, text=True, timeout=30, check=False
        )
        said, _ = device.communicate(timeout=30)
    assert (driver.returncode, device.returncode) == (0, 0), driver.stdout + said
    assert "driver: VM ID 77" in driver.stdout
    assert "export 77:1 63 pages 320x200" in said


def test_nobody_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vdmabuf_inspect.reference", "driver", str(tmp_path / "none"), "--timeout", "0.2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "is the other side running?" in done.stdout
    assert "Traceback" not in done.stderr
