"""A QEMU guest's disk, recorded until something happens, in files in turn, and through a pipe."""

import json
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.cli.test_growing import process
from tests.cli.test_live import until
from tests.peers.stock_guest import StockGuest
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.sources.options import SourceOptions

pytestmark = [pytest.mark.peers, pytest.mark.slow]


def rows(view: str, path: Path, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(view, path, "--format", "json", *words).out.splitlines()[1:]]


def test_until_a_chain_that_is_large(stock_guest: StockGuest, tmp_path: Path) -> None:
    target, large = tmp_path / "g.pcapng", "chains: readable > 8000"
    words = ("--until", large, "--before", "40", "--after", "20", "--device", "blk", "--duration", "60s")
    with process("record", f"qemu:{stock_guest.qmp_path}", "-o", target, *words) as recorder:
        until(target.exists)
        stock_guest.job("write", "vda", 512, 60)
        stock_guest.job("write", "vda", 16384, 3)
        stock_guest.job("write", "vda", 512, 60)
        _, err = recorder.communicate(timeout=60)
    assert recorder.returncode == 0, err
    chains = rows("chains", target)
    big = [i for i, chain in enumerate(chains) if int(str(chain["readable"])) > 8000]
    assert big and 5 < big[0] < 60 and len(chains) - big[0] >= 5, "some before, some after, not all"


def test_files_in_turn(stock_guest: StockGuest, tmp_path: Path) -> None:
    words = ("--rotate", "64K", "--device", "blk", "--duration", "6s")
    with process("record", f"qemu:{stock_guest.qmp_path}", "-o", tmp_path / "g.pcapng", *words) as recorder:
        until(lambda: bool(list(tmp_path.glob("g_*.pcapng"))))
        stock_guest.job("write", "vda", 4096, 150)
        _, err = recorder.communicate(timeout=60)
    files = sorted(tmp_path.glob("g_*.pcapng"))
    assert recorder.returncode == 0 and len(files) > 3, err
    for path in files:
        outcome = run("check", path)
        assert outcome.code == 3 and "0 errors" in outcome.out, outcome.out


def test_through_a_pipe(stock_guest: StockGuest) -> None:
    source = f"qemu:{stock_guest.qmp_path}"
    with (
        process("record", source, "-o", "-", "--device", "blk", "--duration", "4s") as recorder,
        process("chains", "-", "--format", "json", stdin=recorder.stdout) as reader,
    ):
        stock_guest.job("read", "vda", 4096, 20)
        stock_guest.job("read", "vda", 4096, 0, milliseconds=4000)
        out, _ = reader.communicate(timeout=60)
        assert recorder.wait(20) == 0
    assert sum(json.loads(line)["state"] == "used" for line in out.splitlines()[1:]) >= 20


def test_from_a_process_of_its_own(stock_guest: StockGuest, tmp_path: Path) -> None:
    source = f"qemu:{stock_guest.qmp_path}"
    for turn in ("first", "then"):  # the monitor serves one: it is free again when the first one has left
        inspection = Inspection(source, SourceOptions(device="blk"), keep=tmp_path / f"{turn}.pcapng", apart=True)
        inspection.start()
        until(lambda it=inspection: it.session.queues.rings)  # type: ignore[misc]
        stock_guest.job("read", "vda", 4096, 40)
        until(lambda it=inspection: len(it.session.chains) >= 40)  # type: ignore[misc]
        memory, ring = inspection.memory, inspection.session.queues.rings[0]
        assert memory is not None and any(memory.read(ring.epochs[0].layout.avail, 64))
        inspection.stop()
        assert inspection.error is None and inspection.session.finished
        assert run("check", tmp_path / f"{turn}.pcapng", "--fail-on", "error").code in (0, 3)
