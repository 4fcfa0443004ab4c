"""Memory of real guests: carving finds every ring in use that QEMU's monitor lists, and few that it does not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run
from tests.peers.kernel import missing
from tests.peers.stock_devices import PORT, Echo, stock_devices
from tests.peers.stock_guest import StockGuest
from vdmabuf_inspect.ring.carving.candidate import Candidate
from vdmabuf_inspect.sources.carved import carved_queues
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

pytestmark = [pytest.mark.peers, pytest.mark.slow]

Place = tuple[int, int, int]
MORE = [
    "-netdev", "user,id=p", "-device", "virtio-net-pci,id=net-packed,packed=on,netdev=p",
    "-device", "virtio-rng-pci,id=rng-legacy,disable-modern=on",
    "-device", "virtio-balloon-pci,id=balloon", "-device", "virtio-keyboard-pci,id=keyboard",
]  # fmt: skip


@dataclass(frozen=True)
class Dump:
    """A stopped guest's memory in several forms, and its rings in use as the monitor listed them, by place."""

    folder: Path
    split: dict[Place, int]
    packed: dict[Place, int]


@pytest.fixture(scope="module", params=["idle", "busy"])
def dump(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dump]:
    if why := missing(drivers=True):
        pytest.skip(why)
    folder = tmp_path_factory.mktemp(request.param)
    with StockGuest(folder, [*stock_devices(folder), *MORE]) as guest:
        guest.wait_ready()
        if request.param == "busy":
            _work(guest, folder)
        yield _dumped(guest, folder)


def _work(guest: StockGuest, folder: Path) -> None:
    echo = Echo(folder / "console")
    guest.job("random", "hwrng", 64, 60)
    guest.job("read", "vda", 4096, 300)
    guest.job("read", "vdb", 4096, 300)
    guest.job("write", "vda", 512, 50, depth=4)
    guest.job("echo", PORT, 100, 20)
    guest.job("frame", "eth0", 100, 300)
    guest.job("ask", "eth0", 60, 20)
    echo.close()


def _dumped(guest: StockGuest, folder: Path) -> Dump:
    guest.qmp("stop")
    found: tuple[dict[Place, int], dict[Place, int]] = ({}, {})
    answers: list[Any] = []
    for device in guest.qmp("x-query-virtio"):
        status = guest.qmp("x-query-virtio-status", path=device["path"])
        answers.append({"return": status})
        packed = any("RING_PACKED" in word for word in status["guest-features"]["transports"])
        for index in range(status["num-vqs"]):
            queue = guest.qmp("x-query-virtio-queue-status", path=device["path"], queue=index)
            answers.append({"return": queue})
            if queue["vring-desc"] and (queue["used-idx"] or queue["shadow-avail-idx"]):
                place = queue["vring-desc"], queue["vring-avail"], queue["vring-used"]
                found[packed][place] = queue["vring-num"]
    (folder / "rings.json").write_text("\n".join(json.dumps(answer) for answer in answers))
    guest.qmp("dump-guest-memory", paging=False, protocol=f"file:{folder}/core")
    guest.qmp("dump-guest-memory", paging=False, protocol=f"file:{folder}/kdump", format="kdump-zlib")
    guest.qmp("pmemsave", val=0, size=256 << 20, filename=f"{folder}/raw")
    return Dump(folder, *found)


def search(source: str) -> list[Candidate]:
    snapshot = open_source(source)
    assert isinstance(snapshot, Snapshot) and snapshot.memory is not None
    return [each.candidate for each in carved_queues(snapshot.memory, SourceOptions())]


@pytest.fixture
def found(dump: Dump) -> list[Candidate]:
    return search(f"{dump.folder}/core")


def test_every_split_ring_in_use_is_found_where_the_monitor_says(dump: Dump, found: list[Candidate]) -> None:
    carved = {(c.desc, c.avail, c.used): c.size for c in found if not c.packed}
    assert dump.split.items() <= carved.items()
    assert len(dump.split) >= 4


def test_no_more_false_rings_than_true_ones(dump: Dump, found: list[Candidate]) -> None:
    true = {place[0] for place in (*dump.split, *dump.packed)}
    assert sum(c.desc not in true for c in found) <= sum(c.desc in true for c in found)


def test_packed_rings_in_use_are_found(dump: Dump, found: list[Candidate]) -> None:
    assert {place[0] for place in dump.packed} <= {c.desc for c in found if c.packed}


@pytest.mark.parametrize("kind", ["raw:{}/raw@0", "{}/kdump"])
def test_all_kinds_of_dump_have_the_same_rings(dump: Dump, found: list[Candidate], kind: str) -> None:
    assert search(kind.format(dump.folder)) == found


def test_the_monitors_answers_beside_the_dump_say_the_rings(dump: Dump) -> None:
    done = run("rings", f"{dump.folder}/core", "--rings", f"{dump.folder}/rings.json", "--format", "json")
    rows = [json.loads(line) for line in done.out.splitlines()[1:]]
    told = {tuple(int(row[part], 0) for part in ("desc", "avail", "used")): row["size"] for row in rows}
    assert dump.split.items() <= told.items() and dump.packed.items() <= told.items()
    assert {"block0", "block1", "net0", "net1", "console0"} <= {row["device"] for row in rows}


def test_busy_rings_are_named(dump: Dump) -> None:
    if dump.folder.name.startswith("idle"):
        pytest.skip("what nobody uses has no look of its own")
    done = run("rings", f"{dump.folder}/core", "--format", "json")
    names = {json.loads(line)["queue"] for line in done.out.splitlines()[1:]}
    assert {"block0/requestq1", "block1/requestq1", "net0/receiveq1", "net0/transmitq1", "rng0/requestq"} <= names
