"""A running guest followed by what its monitor says and what its memory does."""

import subprocess
from pathlib import Path

import pytest

from tests.sources.fake_qemu import FLAT, HIGH, OK, RAM, RECORDED, FakeQemu
from tests.sources.peers import until
from tests.sources.watched_qemu import request, watching
from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import START
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.qemu import open_uri


def test_chains_are_seen(qemu: FakeQemu) -> None:
    ring = qemu.ring(0x1000)
    qemu.plug("rng", ring)
    with watching(qemu) as seen:
        seen.until("START")
        request(ring)
        seen.until("START", "AVAILABLE")
        qemu.guest.write(0x8000, b"entropy!")
        ring.give_back(0, 64)
        seen.until("START", "AVAILABLE", "USED")
        assert seen.machine.queue_names == {(0, 0): "rng0/requestq"}
        assert "watching 1 queue; 2 MiB of memory through its shared file" in seen.machine.status()
    used = next(r for r in seen.records if r.kind is EventKind.USED)
    assert used.writable_bytes.startswith(b"entropy!")
    start = seen.records[0]
    layout = START.itemsize
    assert int.from_bytes(start.readable_bytes[:4], "little") == 4 and len(start.readable_bytes) > layout
    assert not start.flags & (EventFlag.KICKS_HEARD | EventFlag.CALLS_HEARD)
    assert seen.kinds()[-1] == "USED", "no queue stops because nobody looks any more"


@pytest.mark.parametrize("shared", [True, False])
def test_both_sides_of_the_hole_are_where_the_guest_has_them(tmp_path: Path, shared: bool) -> None:
    qemu = FakeQemu(tmp_path / "qmp", shared=shared)
    machine = open_uri(str(qemu.path), SourceOptions())
    qemu.ram[0x5000:0x5003], qemu.ram[RAM // 2 + 0x5000 : RAM // 2 + 0x5003] = b"low", b"top"
    assert machine.memory is not None
    assert machine.memory.regions() == [(0, RAM // 2), (HIGH, RAM // 2)]
    assert machine.memory.read(0x5000, 3) == b"low" and machine.memory.read(HIGH + 0x5000, 3) == b"top"
    assert ("/mem" in machine.status()) != shared
    machine.close()
    qemu.close()


def test_a_reset_and_another_driver_are_epochs(qemu: FakeQemu) -> None:
    device = qemu.plug("rng", qemu.ring(0x1000))
    with watching(qemu) as seen:
        request(device.rings[0])
        seen.until("START", "AVAILABLE")
        device.statuses = ()
        seen.until("START", "AVAILABLE", "STOP")
        qemu.ram[0x1000:0x2000] = bytes(0x1000)
        device.rings, device.statuses = [qemu.ring(0x3000)], OK
        seen.until("START", "AVAILABLE", "STOP", "START")
        request(device.rings[0])
        seen.until("START", "AVAILABLE", "STOP", "START", "AVAILABLE")
    starts = [r for r in seen.records if r.kind is EventKind.START]
    assert [bool(r.flags & EventFlag.COMPLETE) for r in starts] == [True, True]


@pytest.mark.parametrize("used", [False, True])
def test_a_ring_on_which_nothing_ever_came_back_is_known_from_its_beginning(qemu: FakeQemu, used: bool) -> None:
    ring = qemu.ring(0x1000)
    qemu.plug("rng", ring)
    qemu.ram[ring.layout.used + 4] = used  # an entry from before the index went round
    request(ring)
    with watching(qemu) as seen:
        seen.until("START", "AVAILABLE")
    start, *_ = seen.records
    assert bool(start.flags & EventFlag.COMPLETE) is not used


def test_a_reset_in_the_same_place_accuses_nobody(qemu: FakeQemu) -> None:
    ring = qemu.ring(0x1000)
    device = qemu.plug("rng", ring)
    for _ in range(20):
        request(ring)
        ring.give_back(0, 64)
    with watching(qemu) as seen:
        seen.until("START")
        again = qemu.ring(0x1000)
        device.rings = [again]
        qemu.ram[0x1000:0x2000] = bytes(0x1000)  # between two questions: the monitor never tells of the reset
        request(again)
        seen.until("START", "STOP", "START", "AVAILABLE")
    assert not any(r.problems for r in seen.records)


def test_a_driver_that_takes_back_its_index_is_accused(qemu: FakeQemu) -> None:
    ring = qemu.ring(0x1000)
    qemu.plug("rng", ring)
    for _ in range(20):
        request(ring)
        ring.give_back(0, 64)
    with watching(qemu) as seen:
        seen.until("START")
        ring.set_avail(18)
        until(lambda: any(r.problems for r in seen.records), seen.machine.status)
        assert seen.kinds() == ["START", "GAP"]


def test_garbage_after_a_reset_is_not_told(qemu: FakeQemu) -> None:
    device = qemu.plug("rng", qemu.ring(0x1000))
    with watching(qemu) as seen:
        seen.until("START")
        device.statuses = ()
        qemu.ram[0x1000:0x2000] = b"\xa5" * 0x1000
        seen.until("START", "STOP")
    assert not any(r.problems for r in seen.records)


def test_memory_that_is_plugged_in_is_there(qemu: FakeQemu) -> None:
    qemu.tree = "\n".join(line for line in FLAT.splitlines() if "@" not in line)
    qemu.plug("rng", qemu.ring(0x1000))
    with watching(qemu) as seen:
        seen.until("START")
        assert seen.machine.memory is not None and seen.machine.memory.regions() == [(0, RAM // 2)]
        qemu.tree, qemu.plugged = FLAT, RAM // 2
        until(lambda: seen.machine.memory and len(seen.machine.memory.regions()) == 2, seen.machine.status)
        assert seen.kinds() == ["START"]


def test_devices_come_and_go(qemu: FakeQemu) -> None:
    with watching(qemu) as seen:
        assert "no queue is in use" in seen.machine.status()
        qemu.plug("b", qemu.ring(0x1000))
        seen.until("START")
        qemu.plug("a", qemu.ring(0x3000), kind="virtio-blk", number=2)
        seen.until("START", device=1)
        del qemu.devices["/machine/peripheral/b/virtio-backend"]
        seen.until("START", "STOP")
        assert seen.machine.queue_names == {(0, 0): "rng0/requestq", (1, 0): "block0/requestq1"}


def test_a_vhost_ring_is_never_asked_for_in_the_way_that_stops_it(qemu: FakeQemu) -> None:
    device = qemu.plug("disk", qemu.ring(0x1000), kind="virtio-blk", number=2, type="vhost-user-blk", vhost=True)
    with watching(qemu) as seen:
        seen.until("START")
        device.vhost = False  # its back end is gone for the moment
        seen.until("START", "STOP")
        device.vhost = True
        seen.until("START", "STOP", "START")
    assert not any(question.startswith("x-query-virtio-queue-status") for question in qemu.asked)


def test_a_type_that_qemu_has_no_words_for_is_not_asked_for_its_status(qemu: FakeQemu) -> None:
    qemu.plug("i2c", qemu.ring(0x1000), kind="vhost-user-i2c", number=34, type="vhost-user-i2c-device", vhost=True)
    with watching(qemu, options=SourceOptions(features=1 << 32 | 1 << 28)) as seen:
        seen.until("START")
        assert seen.machine.queue_names == {(0, 0): "i2c0/requestq"}
    assert not any(question.startswith("x-query-virtio-status") for question in qemu.asked)
    assert int.from_bytes(seen.records[0].readable_bytes[8:16], "little") == 1 << 32 | 1 << 28


def test_a_device_behind_an_iommu_is_not_misread(qemu: FakeQemu) -> None:
    words = ("VIRTIO_F_VERSION_1: a", "VIRTIO_F_IOMMU_PLATFORM: b")
    qemu.plug("plain", qemu.ring(0x1000))
    qemu.plug("behind", qemu.ring(0x3000), kind="virtio-blk", number=2, transports=words)
    qemu.tree = RECORDED["mtree_iommu"]
    with watching(qemu) as seen:
        seen.until("START", device=1)
        assert "block0 is behind an IOMMU" in seen.machine.status() and seen.kinds(device=0) == []


def test_memory_that_is_on_its_way_is_not_looked_at(qemu: FakeQemu) -> None:
    qemu.state = "inmigrate"
    qemu.plug("rng", qemu.ring(0x1000))
    with watching(qemu) as seen:
        assert seen.machine.memory is None and "memory is on its way" in seen.machine.status()
        qemu.state, qemu.migration = "running", "postcopy-active"
        until(lambda: "postcopy-active" in seen.machine.status(), seen.machine.status)
        assert seen.kinds() == []
        qemu.migration = "completed"
        qemu.event("MIGRATION")
        seen.until("START")


def test_a_lost_connection_is_said_and_made_again(qemu: FakeQemu) -> None:
    ring = qemu.ring(0x1000)
    qemu.plug("rng", ring)
    with watching(qemu) as seen:
        seen.until("START")
        qemu.hang_up()
        until(lambda: "connection is lost while QEMU" in seen.machine.status(), seen.machine.status)
        request(ring)
        seen.until("START", "AVAILABLE")
        until(lambda: "lost" not in seen.machine.status(), seen.machine.status)
        qemu.devices.clear()
        seen.until("START", "AVAILABLE", "STOP")


def test_only_the_device_that_is_asked_for(qemu: FakeQemu) -> None:
    qemu.plug("a", qemu.ring(0x1000))
    qemu.plug("b", qemu.ring(0x3000), kind="virtio-blk", number=2)
    for wanted in ("blk", "block0", "b", "virtio-blk", "/machine/peripheral/b"):
        with watching(qemu, f"?device={wanted}") as seen:
            seen.until("START", device=1)
            assert seen.kinds(device=0) == []
    with pytest.raises(SourceError, match=r"no such device; there is rng0 \(/machine/peripheral/a/.*block0"):
        open_uri(f"{qemu.path}?device=net", SourceOptions())


def test_what_is_wrong_is_said_in_one_line(qemu: FakeQemu, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or directory; give the socket of QEMU's -qmp"):
        open_uri(str(tmp_path / "none"), SourceOptions())
    machine = open_uri(str(qemu.path), SourceOptions())
    with pytest.raises(SourceError, match="serves one client"):
        open_uri(str(qemu.path), SourceOptions())
    machine.close()
    qemu.old = True
    with pytest.raises(SourceError, match=r"QEMU 6.2 cannot list virtio devices; it takes 7.2 or later"):
        open_uri(str(qemu.path), SourceOptions())
    qemu.old = False
    with subprocess.Popen(["sleep", "60"]) as other:
        with pytest.raises(SourceError, match=r"no guest memory .* pid=PID"):
            open_uri(f"{qemu.path}?pid={other.pid}", SourceOptions())
        other.kill()
    for wrong in ("", "?device", "?speed=9", f"{qemu.path}?pid=x", f"{qemu.path}?device="):
        with pytest.raises(UsageError):
            open_uri(wrong, SourceOptions())
