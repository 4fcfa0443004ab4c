"""Every dump that QEMU itself writes of one stopped guest gives the same memory and the same rings."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.kernel import QEMU, missing
from tests.peers.stock_devices import stock_devices
from tests.peers.stock_guest import StockGuest
from tests.sources.kdumpfile import MISSING, read_pages
from tests.sources.peers import until
from tests.sources.test_qemu import process
from tests.sources.test_qemu_dump import reached
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

MIB = 1 << 20
MEMORY = 128 * MIB
FORMATS = {
    "core": "{}/core", "core-paging": "{}/core-paging", "kdump": "{}/kdump", "raw": "raw:{}/raw@0",
    "stream": "{}/stream",
}  # fmt: skip
ANY_QUEUE = SourceOptions((QueueOption("any", 0x1000, 0x2000, 0x3000, 8),))
pytestmark = [pytest.mark.peers, pytest.mark.slow]
needs_guest = pytest.mark.skipif(bool(missing(drivers=True)), reason=missing(drivers=True) or "-")
needs_qemu = pytest.mark.skipif(not QEMU, reason="qemu-system-x86_64 is not installed")


def migrate(ask: Any, path: Path) -> None:
    """Write the migration stream of a stopped guest; `ask` is a QMP command."""
    ask("migrate", uri=f"exec:cat>{path}")
    until(lambda: ask("query-migrate").get("status") in ("completed", "failed"), seconds=60)
    assert ask("query-migrate")["status"] == "completed"


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, dict[int, dict[str, int]]]]]:
    """A folder of dumps and, by QEMU's name of a device type and queue index, what QEMU's monitor tells of queues."""
    folder = tmp_path_factory.mktemp("formats")
    with StockGuest(folder, stock_devices(folder), memory="128M") as guest:
        guest.wait_ready()
        guest.job("read", "vda", 4096, 300, depth=2)
        guest.job("read", "vdb", 4096, 300, depth=2)
        guest.qmp("stop")
        told = {device["name"]: queues(guest, device["path"]) for device in guest.qmp("x-query-virtio")[::-1]}
        for name, options in (("core", {}), ("core-paging", {"paging": True}), ("kdump", {"format": "kdump-zlib"})):
            guest.qmp("dump-guest-memory", **{"paging": False, "protocol": f"file:{folder}/{name}"} | options)
        guest.qmp("pmemsave", val=0, size=MEMORY, filename=f"{folder}/raw")
        migrate(guest.qmp, folder / "stream")
    yield folder, told
    for name in ("core", "core-paging", "kdump", "raw", "stream"):
        (folder / name).unlink()


def queues(guest: StockGuest, path: str) -> dict[int, dict[str, int]]:
    """What the monitor says of each queue that is set up."""
    count = guest.qmp("x-query-virtio-status", path=path)["num-vqs"]
    said = {i: guest.qmp("x-query-virtio-queue-status", path=path, queue=i) for i in range(count)}
    return {i: queue for i, queue in said.items() if queue["vring-desc"]}


def snapshot(spec: str, options: SourceOptions | None = None) -> Snapshot:
    source = open_source(spec, options)
    assert isinstance(source, Snapshot)
    return source


def clipped(regions: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    """What of `regions` lies in the MiB at `at`."""
    parts = [(max(gpa, at), min(gpa + size, at + MIB)) for gpa, size in regions]
    return [(start, end - start) for start, end in parts if start < end]


@needs_guest
@pytest.mark.parametrize("what", FORMATS)
def test_all_formats_give_the_same_memory(dumped: tuple[Path, Any], what: str) -> None:
    folder, _ = dumped
    found = snapshot(FORMATS[what].format(folder), ANY_QUEUE).memory
    assert found is not None and (what == "core-paging" or found.covers(0, MEMORY))
    assert sum(size for _, size in found.regions()) > 0.9 * MEMORY, found.regions()
    with (folder / "raw").open("rb") as raw:
        for at, data in ((at, raw.read(MIB)) for at in range(0, MEMORY, MIB)):
            for gpa, size in clipped(found.regions(), at):
                assert found.read(gpa, size) == data[gpa - at : gpa - at + size], f"{gpa:#x}"


@needs_guest
@pytest.mark.parametrize("what", ["kdump", "stream"])
def test_the_firmware_is_where_the_core_has_it(dumped: tuple[Path, Any], what: str) -> None:
    folder, _ = dumped
    core, found = (snapshot(FORMATS[name].format(folder), ANY_QUEUE).memory for name in ("core", what))
    assert core is not None and found is not None
    assert found.regions() == core.regions()
    assert found.read(0xFFFC0000, 0x40000) == core.read(0xFFFC0000, 0x40000)


@needs_guest
def test_the_stream_tells_every_ring_that_the_monitor_lists(dumped: tuple[Path, Any]) -> None:
    folder, told = dumped
    layouts = snapshot(f"{folder}/stream").layouts
    found = sorted((q.device_id, q.index, q.size, q.desc, q.avail, q.used) for q in layouts)
    types = {"virtio-rng": 4, "virtio-blk": 2, "virtio-net": 1, "virtio-serial": 3}
    single = {name: queues for name, queues in told.items() if name != "virtio-blk"}
    expected = {
        (types[name], i, q["vring-num"], q["vring-desc"], q["vring-avail"], q["vring-used"])
        for name, queues in single.items()
        for i, q in queues.items()
    }
    assert expected and {row for row in found if row[0] != 2} == expected
    blocks = [q for q in layouts if q.device_id == 2]
    assert [q.packed for q in blocks if q.index == 0] == [False, True]
    assert {q.name.partition("/")[0] for q in layouts} == {"block0", "block1", "net0", "rng0", "console0"}


@needs_guest
@pytest.mark.parametrize("what", FORMATS)
def test_all_formats_give_the_same_rings(dumped: tuple[Path, Any], what: str) -> None:
    folder, _ = dumped
    layouts = [q for q in snapshot(f"{folder}/stream").layouts if not q.name.startswith("console0")]
    options = SourceOptions(
        tuple(QueueOption(f"{q.name}:{q.index}", q.desc, q.avail, q.used, q.size, q.packed) for q in layouts),
        features=next(q.features for q in layouts if not q.packed),
    )
    assert comparable(snapshot(FORMATS[what].format(folder), options)) == comparable(
        snapshot(f"{folder}/stream", options)
    )


def comparable(source: Snapshot) -> list[tuple[Any, ...]]:
    """A snapshot's records without what differs by file: its time, its regions."""
    records: list[Record] = []
    source.run(records.append)
    assert len({(r.device, r.queue) for r in records}) == len(source.layouts) > 3
    return [(r.kind, r.device, r.queue, r.head, r.index, r.used_len, r.problems, r.descriptors, r.writable_bytes,
             b"" if r.head == r.index == 0 else r.readable_bytes) for r in records]  # fmt: skip


@needs_guest
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
def test_libkdumpfile_reads_the_same_of_the_core(dumped: tuple[Path, Any]) -> None:
    folder, _ = dumped
    ours = snapshot(f"{folder}/kdump", ANY_QUEUE).memory
    pfns = list(range(1, MEMORY >> 12, 997))
    assert ours is not None
    assert read_pages([folder / "core"], pfns) == {pfn: ours.read(pfn << 12, 4096) for pfn in pfns}


@needs_qemu
@pytest.mark.parametrize(
    ("machine", "megabytes", "low"),
    [
        ("q35", 4096, 0x80000000), ("q35", 2815, 0xAFF00000), ("q35,max-ram-below-4g=1G", 4096, 0x40000000),
        ("pc", 4096, 0xC0000000), ("pc", 3583, 0xDFF00000), ("microvm", 4096, 0xC0000000),
    ],
)  # fmt: skip
def test_memory_above_the_hole_is_where_the_guest_sees_it(
    tmp_path: Path, machine: str, megabytes: int, low: int
) -> None:
    above = megabytes * MIB - low
    marks = {low - 8: 0x1111111122222222, **({(1 << 32) + above - 8: 0x3333333344444444} if above else {})}
    devices = [f"loader,addr={at:#x},data={value:#x},data-len=8" for at, value in marks.items()]
    words = f"-accel tcg -display none -nodefaults -S -machine {machine} -m {megabytes}M"
    words += f" -qmp unix:{tmp_path}/qmp,server=on,wait=off"
    with process(QEMU or "", *words.split(), *(part for device in devices for part in ("-device", device))):
        qmp = reached(tmp_path / "qmp")
        migrate(qmp.ask, tmp_path / "stream")
        qmp.close()
    found = snapshot(f"{tmp_path}/stream", ANY_QUEUE).memory
    assert found is not None
    assert {at: int.from_bytes(found.read(at, 8), "little") for at in marks} == marks
    assert not found.covers(low, 1) and found.covers(low - 8, 8)


@needs_qemu
@pytest.mark.parametrize(
    ("capability", "said"),
    [("compress", ""), ("xbzrle", ""), ("x-ignore-shared", r"leaves shared memory out")],
)
def test_streams_of_other_capabilities(tmp_path: Path, capability: str, said: str) -> None:
    blob = bytes(range(256)) * 4096 + os.urandom(MIB) + bytes(MIB)
    (tmp_path / "blob").write_bytes(blob)
    words = "-accel tcg -display none -nodefaults -S -machine q35,memory-backend=m -m 64M"
    words += f" -object memory-backend-memfd,id=m,size=64M,share=on -qmp unix:{tmp_path}/qmp,server=on,wait=off"
    words += f" -device loader,file={tmp_path}/blob,addr=0x100000,force-raw=on"
    with process(QEMU or "", *words.split()):
        qmp = reached(tmp_path / "qmp")
        qmp.ask("migrate-set-capabilities", capabilities=[{"capability": capability, "state": True}])
        migrate(qmp.ask, tmp_path / "stream")
        qmp.close()
    if said:
        with pytest.raises(SourceError, match=said):
            snapshot(f"{tmp_path}/stream")
        return
    found = snapshot(f"{tmp_path}/stream", ANY_QUEUE).memory
    assert found is not None and found.read(0x100000, len(blob)) == blob


@needs_guest
def test_a_big_stream_opens_without_being_kept(dumped: tuple[Path, Any]) -> None:
    folder, _ = dumped
    code = (
        "import resource, sys; from vdmabuf_inspect.sources.open import open_source;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; open_source(sys.argv[1]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "stream")], capture_output=True, check=True, timeout=60
    )
    assert int(done.stdout) < 50 << 10
