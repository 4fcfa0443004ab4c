"""Commands on a guest that runs: its state is shown after a moment, a recording ends when it is told to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import spawn
from tests.sources.fake_qemu import FakeQemu


@pytest.fixture
def qemu(tmp_path: Path) -> Iterator[FakeQemu]:
    it = FakeQemu(tmp_path / "qmp")
    ring = it.ring(0x1000)
    it.plug("rng", ring)
    for head in range(3):
        ring.describe(head, 0x8000 + 64 * head, 64, 2)
        ring.offer(head)
    ring.give_back(0, 64)
    yield it
    it.close()


def test_rings_of_a_running_guest(qemu: FakeQemu) -> None:
    done = spawn("rings", f"qemu:{qemu.path}", "--format", "json")
    head, ring = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0 and head["rows"] == 1
    assert (ring["queue"], ring["avail_idx"], ring["used_idx"], ring["in_flight"]) == ("rng0/requestq", 3, 1, 2)
    assert "watching 1 queue; 2 MiB of memory through its shared file" in done.stderr


def test_a_recording_of_a_running_guest_reads_back(qemu: FakeQemu, tmp_path: Path) -> None:
    path = tmp_path / "guest.pcapng"
    assert spawn("record", f"qemu:{qemu.path}?device=rng", "-o", str(path), "--duration", "500ms").returncode == 0
    done = spawn("chains", str(path), "--format", "json")
    chains = [json.loads(line) for line in done.stdout.splitlines()][1:]
    assert [(chain["queue"], chain["head"], chain["writable"]) for chain in chains] == [
        ("rng0/requestq", 1, 64),
        ("rng0/requestq", 2, 64),
    ]


def test_a_monitor_without_its_scheme_is_told_what_to_say(qemu: FakeQemu) -> None:
    done = spawn("rings", str(qemu.path))
    assert done.returncode == 2 and f"say qemu:{qemu.path}" in done.stderr
