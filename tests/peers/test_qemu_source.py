"""A real guest watched through its monitor and its memory: what is seen is what happened, and it is not disturbed."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.stock_devices import stock_devices
from tests.peers.stock_guest import StockGuest
from tests.sources.peers import until
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START, Record
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.qemu import open_uri
from vdmabuf_inspect.sources.qemu.machine import Machine

WHY = missing(drivers=True)
DAEMON = shutil.which("qemu-storage-daemon")
pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.skipif(bool(WHY), reason=WHY or "-")]
RNG = "/machine/peripheral/rng/virtio-backend"
DRIVER = "/sys/bus/virtio/drivers/virtio_rng"


@dataclass
class Seen:
    """What was recorded of a machine, and where it stands."""

    machine: Machine
    thread: threading.Thread = field(default_factory=threading.Thread)
    records: list[Record] = field(default_factory=list)

    def kinds(self, *wanted: EventKind) -> list[EventKind]:
        return [r.kind for r in self.records if r.kind in wanted]

    def of(self, name: str) -> list[Record]:
        """The records of one queue by its name."""
        keys = {key for key, value in self.machine.queue_names.items() if value == name}
        return [r for r in self.records if (r.device, r.queue) in keys]

    def problems(self) -> list[Record]:
        """Whatever looks wrong: nothing of these guests may, but bytes that were read too late prove nothing."""
        return [r for r in self.records if r.problems and not r.flags & EventFlag.STALE]

    def starts(self, name: str) -> list[Record]:
        return [r for r in self.of(name) if r.kind is EventKind.START]


@contextmanager
def watching(folder: Path, query: str = "") -> Iterator[Seen]:
    """Watch the guest of `folder` by the monitor that is kept for us."""
    seen = Seen(open_uri(f"{folder}/watched{query}", SourceOptions()))
    seen.thread = threading.Thread(target=seen.machine.run, args=(seen.records.append,))
    seen.thread.start()
    try:
        yield seen
    finally:
        seen.machine.stop()
        seen.thread.join(10)
        assert not seen.thread.is_alive()


def monitor(folder: Path) -> list[str]:
    """A second monitor, for us alone."""
    return ["-qmp", f"unix:{folder}/watched,server=on,wait=off"]


def used_idx(guest: StockGuest) -> int:
    return int(guest.qmp("x-query-virtio-queue-status", path=RNG, queue=0)["used-idx"])


def field_of(start: Record, name: str) -> int:
    """A field of a START record."""
    dtype, offset = START.fields[name][:2]  # type: ignore[index]
    return int.from_bytes(start.readable_bytes[offset : offset + dtype.itemsize], "little")


@dataclass
class Running:
    """A guest and its folder."""

    guest: StockGuest
    folder: Path


@pytest.fixture(scope="module", params=["shared", "ordinary-5G"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One guest whose memory is a shared file, and one with ordinary memory on both sides of the hole below 4 GiB."""
    folder = tmp_path_factory.mktemp("guest")
    shared = request.param == "shared"
    devices = [*stock_devices(folder), *monitor(folder)]
    with StockGuest(folder, devices, share=shared, memory="256M" if shared else "5G") as guest:
        guest.wait_ready()
        yield Running(guest, folder)


def test_what_the_source_says_is_what_the_guest_says(running: Running) -> None:
    with watching(running.folder) as seen:
        until(lambda: seen.starts("net0/controlq"), seen.machine.status)
        names = set(seen.machine.queue_names.values())
    assert {"rng0/requestq", "block1/requestq1", "net0/receiveq1", "net0/transmitq1"} <= names
    assert {"console0/receiveq0", "console0/control_transmitq"} <= names
    devices = {running.guest.file(f"/sys/bus/virtio/devices/virtio{i}/device")[0]: i for i in range(5)}
    for name, number in (("net0/receiveq1", "0x0001"), ("rng0/requestq", "0x0004")):
        bits = running.guest.file(f"/sys/bus/virtio/devices/virtio{devices[number]}/features")[0]
        start = seen.starts(name)[0]
        assert field_of(start, "features") == int(bits[::-1], 2)
        assert field_of(start, "features") & ~field_of(start, "offered") == 0


def test_every_random_read_is_seen_or_counted_as_missed(running: Running) -> None:
    guest = running.guest
    with watching(running.folder, "?device=rng&poll=max") as seen:
        until(lambda: seen.starts("rng0/requestq"), seen.machine.status)
        before = used_idx(guest)
        assert guest.job("random", "hwrng", 64, 300).bytes == 300 * 64
        after = used_idx(guest)
        happened = 2 * ((after - before) & 0xFFFF)
        told = (EventKind.AVAILABLE, EventKind.USED)
        missed = next(iter(seen.machine._followers.values())).seen
        until(lambda: len(seen.kinds(*told)) + missed.missed >= happened, lambda: (happened, seen.machine.status()))
    assert len(seen.kinds(*told)) + missed.missed == happened > 300
    assert len(seen.kinds(*told)) > 0 and not seen.problems()
    assert any(len(set(r.writable_bytes[: r.used_len])) > 8 for r in seen.records if r.kind is EventKind.USED)


@pytest.mark.parametrize(("kind", "disk", "queue"), [("split", "vda", "block1"), ("packed", "vdb", "block0")])
def test_a_disk_is_read_and_its_bytes_are_seen(running: Running, kind: str, disk: str, queue: str) -> None:
    with (running.folder / f"{kind}.raw").open("r+b") as image:
        image.write(b"first sector of the disk".ljust(512, b"."))
    with watching(running.folder, f"?device=blk-{kind}") as seen:
        until(lambda: seen.starts(f"{queue}/requestq1"), seen.machine.status)
        assert bool(field_of(seen.starts(f"{queue}/requestq1")[0], "features") >> 34 & 1) is (kind == "packed")

        def read() -> bool:
            assert running.guest.job("read", disk, 512, 1).bytes == 512
            return any(b"first sector of the disk" in r.writable_bytes for r in seen.records)

        until(read, seen.machine.status, 20)
    assert not seen.problems()


def test_reading_all_of_memory_costs_the_guest_nothing(running: Running) -> None:
    machine = open_uri(f"{running.folder}/watched", SourceOptions())
    assert machine.memory is not None
    before = resident(running.guest.pid)
    total = 0
    for gpa, size in machine.memory.regions():
        total += sum(len(machine.memory.read(gpa + at, min(1 << 20, size - at))) for at in range(0, size, 1 << 20))
    after = resident(running.guest.pid)
    machine.close()
    assert total >= 256 << 20
    assert after - before < 4 << 20 < total // 16


def resident(pid: int) -> int:
    """Bytes of memory that a process has, shared files included."""
    words = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    shared = sum(path.stat().st_blocks * 512 for path in Path(f"/proc/{pid}/fd").iterdir() if "memfd" in link(path))
    return int(words["RssAnon"].split()[0]) * 1024 + shared


def link(path: Path) -> str:
    return str(path.readlink())


def test_memory_is_right_on_both_sides_of_the_hole(running: Running) -> None:
    machine = open_uri(f"{running.folder}/watched", SourceOptions())
    assert machine.memory is not None
    for gpa, size in machine.memory.regions():
        for at in (gpa + 0x1000, gpa + size // 2, gpa + size - 0x1000):
            said = running.guest.qmp("human-monitor-command", **{"command-line": f"xp /4wx {at:#x}"})
            words = re.findall(r"0x([0-9a-f]{8})\b", said.partition(":")[2])
            assert machine.memory.read(at, 16) == b"".join(int(word, 16).to_bytes(4, "little") for word in words)
    machine.close()


def test_another_driver_is_another_epoch(running: Running) -> None:
    guest = running.guest
    number = rng_of(guest)
    with watching(running.folder, "?device=rng") as seen:
        until(lambda: seen.starts("rng0/requestq"), seen.machine.status)
        guest.ask(f"set {DRIVER}/unbind {number}")
        until(lambda: EventKind.STOP in seen.kinds(EventKind.STOP), seen.machine.status)
        guest.ask(f"set {DRIVER}/bind {number}")
        until(lambda: len(seen.starts("rng0/requestq")) == 2, seen.machine.status)
        for _ in range(3):  # faster than anybody asks
            guest.ask(f"set {DRIVER}/unbind {number}")
            guest.ask(f"set {DRIVER}/bind {number}")
            guest.job("random", "hwrng", 64, 20)
    assert not seen.problems()
    assert len(seen.starts("rng0/requestq")) >= 3


def test_a_pause_is_no_new_epoch(running: Running) -> None:
    guest, names = running.guest, ("rng0/requestq", "net0/receiveq1", "block1/requestq1")
    with watching(running.folder) as seen:
        until(lambda: all(seen.starts(name) for name in names), seen.machine.status)
        for pause in (1, 2):
            guest.qmp("stop")
            until(lambda pause=pause: edges(seen, names, EventKind.STOP) == pause, seen.machine.status)
            guest.qmp("cont")
            until(lambda pause=pause: edges(seen, names, EventKind.START) == pause + 1, seen.machine.status)
            guest.job("random", "hwrng", 64, 20)
    assert not seen.problems()
    for name in names:
        told = [r for r in seen.of(name) if r.kind in (EventKind.START, EventKind.STOP)]
        assert [bool(r.flags & EventFlag.PAUSED) for r in told] == [False, True, True, True, True], name


def edges(seen: Seen, names: Sequence[str], kind: EventKind) -> int:
    """How often each of these queues began or stopped, the least."""
    return min(sum(r.kind is kind for r in seen.of(name)) for name in names)


def rng_of(guest: StockGuest) -> str:
    """The guest's name of its entropy device."""
    return next(f"virtio{i}" for i in range(5) if guest.file(f"/sys/bus/virtio/devices/virtio{i}/device") == ["0x0004"])


def test_firmware_and_then_the_kernel(tmp_path: Path) -> None:
    turns = [tmp_path / name for name in ("a", "b", "c")]
    assert any(boots(folder) for folder in turns), "none from its begin"


def boots(folder: Path) -> bool:
    """Watch a guest from its first instruction to its end; whether a queue was seen from its begin: not always."""
    folder.mkdir()
    devices = [*stock_devices(folder), *monitor(folder), "-S"]
    with StockGuest(folder, devices) as guest:
        until((folder / "watched").exists)
        with watching(folder) as seen:
            assert "prelaunch" in seen.machine.status() and "no queue is in use" in seen.machine.status()
            guest.qmp("cont")
            guest.wait_ready()
            until(lambda: len(seen.starts("block1/requestq1")) >= 2, seen.machine.status)
            guest.ask("off")
            until(lambda: not seen.thread.is_alive(), seen.machine.status)
            assert f"QEMU, process {guest.pid}, has ended (the guest or somebody shut it down)" == seen.machine.status()
    starts = seen.starts("block1/requestq1")
    assert field_of(starts[0], "features") != field_of(starts[-1], "features")
    assert not seen.problems()
    return any(r.kind is EventKind.START and r.flags & EventFlag.COMPLETE for r in seen.records)


def test_a_vhost_user_disk_goes_on(tmp_path: Path) -> None:
    if DAEMON is None:
        pytest.skip("qemu-storage-daemon is not installed (apt-get install qemu-utils)")
    with storage(tmp_path) as socket:
        devices = ["-chardev", f"socket,id=c,path={socket}", "-device", "vhost-user-blk-pci,id=disk,chardev=c"]
        with StockGuest(tmp_path, [*devices, *monitor(tmp_path)]) as guest:
            guest.wait_ready()
            with watching(tmp_path) as seen:
                until(lambda: seen.starts("block0/requestq1"), seen.machine.status)
                assert guest.job("read", "vda", 4096, 200).bytes == 200 * 4096
                until(lambda: EventKind.USED in seen.kinds(EventKind.USED), seen.machine.status)
            assert guest.job("read", "vda", 4096, 200).bytes == 200 * 4096
    assert not seen.problems()


@contextmanager
def storage(folder: Path) -> Iterator[Path]:
    """A disk behind a vhost-user socket."""
    disk, socket = folder / "disk", folder / "vhost"
    disk.write_bytes(bytes(16 << 20))
    command: Sequence[str] = [
        DAEMON or "", "--blockdev", f"file,node-name=d,filename={disk}",
        "--export", f"type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path={socket},writable=on",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as daemon:
        until(socket.exists)
        yield socket
        daemon.terminate()
