"""What the proxy sees: rings, notifications, epochs; and that seeing takes nothing away."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from struct import pack

import pytest

from tests.fds import open_fds
from tests.sources.peers import (
    GPA,
    RAM_SIZE,
    UVA,
    VERSION_1,
    GuestQueue,
    Peers,
    Running,
    connected,
    running,
    until,
)
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import CONTROL_QUEUE, START, Record
from vdmabuf_inspect.ring.observation import HEARD, Notices, with_notices
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri
from vdmabuf_inspect.vhost_user.connection import Message
from vdmabuf_inspect.vhost_user.payload import Region, SingleRegion, VringState, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, Request


def of(records: list[Record], kind: EventKind) -> list[Record]:
    return [r for r in records if r.kind is kind]


def test_a_session_from_start_to_a_good_end(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, SourceOptions(device="vdmabuf")) as it:
        with connected(it) as peers:
            guest.start(peers)
            assert it.proxy.queue_names == {(0, 1): "vdmabuf0/send", (0, CONTROL_QUEUE): "vdmabuf0/vhost-user"}
            head = guest.offer(b"hello, device")
            until(lambda: of(it.records, EventKind.AVAILABLE))
            guest.take(head)
            until(lambda: of(it.records, EventKind.USED))
            assert "watching 1 queue" in it.proxy.status()
            memory = it.proxy.memory
            assert memory is not None and memory.read(GPA + 0x8000, 13) == b"hello, device"
            guest.stop(peers)
        until(lambda: "front end closed" in it.proxy.status(), it.proxy.status)
        assert it.proxy.memory is None
    assert it.kinds() == ["START", "AVAILABLE", "USED", "STOP", "STOP"]
    start, available, used, counts, stop, end = it.records
    assert start.flags & EventFlag.COMPLETE
    assert start.flags & HEARD == counts.flags == HEARD and counts.readable_bytes[48:64] == pack("<QQ", 1, 1)
    assert (available.readable_bytes, available.head, used.head) == (b"hello, device", head, head)
    assert not stop.flags & EventFlag.CLOSED and end.flags & EventFlag.CLOSED
    assert {r.queue for r in it.records} == {1}
    times = [r.time_ns for r in it.records]
    assert times == sorted(times) and abs(times[-1] - time.time_ns()) < 60e9


def test_addresses_become_guest_physical(tmp_path: Path) -> None:
    guest = GuestQueue(gap=0x4_0000)
    with running(tmp_path, SourceOptions(features=None)) as it, connected(it) as peers:
        guest.start(peers)
        fields = dict(zip(START.names or (), START_of(it.records[0]), strict=True))
        assert (fields["desc"], fields["avail"], fields["used"]) == tuple(
            GPA + 0x4_0000 + at for at in (0x1000, 0x2000, 0x3000)
        )
        assert (fields["size"], fields["features"], fields["regions"]) == (8, VERSION_1, 1)
    guest.close()


def START_of(record: Record) -> tuple[int, ...]:  # noqa: N802
    import numpy as np

    return tuple(int(v) for v in np.frombuffer(record.readable_bytes, START, 1)[0])


def test_notifications_are_seen_and_left_for_whom_they_are_meant(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        head = guest.offer(b"x")
        os.eventfd_write(guest.kick, 1)
        until(lambda: of(it.records, EventKind.KICK))
        guest.take(head)
        os.eventfd_write(guest.call, 3)
        until(lambda: of(it.records, EventKind.CALL))
        assert os.eventfd_read(guest.kick) == 1 and os.eventfd_read(guest.call) == 3
        os.eventfd_write(guest.kick, 1)
        until(lambda: len(of(it.records, EventKind.KICK)) == 2)
        assert os.eventfd_read(guest.kick) == 1
    assert it.kinds()[:5] == ["START", "AVAILABLE", "KICK", "USED", "CALL"]
    assert all(r.count == 1 for r in of(it.records, EventKind.KICK) + of(it.records, EventKind.CALL))


def test_notifications_stand_where_they_can_have_happened() -> None:
    def kinds(*given: EventKind) -> list[EventKind]:
        return [r.kind for r in with_notices([Record(k, 1) for k in given], 0, 0, Notices(1, 1), 2)]

    a, u, k, c = EventKind.AVAILABLE, EventKind.USED, EventKind.KICK, EventKind.CALL
    assert kinds() == [k, c]
    assert kinds(a, a, u) == [a, a, k, u, c]
    assert kinds(u, a, u) == [u, a, k, u, c]
    assert kinds(u) == [k, u, c]


def test_watching_begins_late_where_it_does(tmp_path: Path, guest: GuestQueue) -> None:
    guest.offer(b"before")
    guest.take(0)
    guest.offer(b"outstanding")
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers, base=1)
    start, available = it.records[:2]
    assert not start.flags & EventFlag.COMPLETE
    assert available.flags & EventFlag.PRESUMED and available.readable_bytes == b"outstanding"


def test_buffers_posted_before_the_start_belong_to_a_complete_observation(tmp_path: Path, guest: GuestQueue) -> None:
    guest.offer(bytes(64), writable=True)
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        until(lambda: of(it.records, EventKind.AVAILABLE))
    start, available = it.records[:2]
    assert start.flags & EventFlag.COMPLETE
    assert not available.flags & EventFlag.PRESUMED and available.writable == 64


def test_a_ring_starts_without_enable_where_bit_30_was_not_negotiated(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers, features=VERSION_1)
        assert it.kinds() == ["START"]


def test_a_ring_is_watched_from_its_kick_on(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers, enable=False)
        guest.take(guest.offer(b"early"))
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 1))
        until(lambda: of(it.records, EventKind.USED))
        assert it.kinds() == ["START", "AVAILABLE", "USED"]
        assert it.records[0].flags & EventFlag.COMPLETE


def test_epochs_restart_after_stop_reset_and_reconnection(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it:
        for _ in range(2):
            with connected(it) as peers:
                guest.start(peers)
                guest.stop(peers)
                guest.start(peers)
                peers.ask(Message(Request.SET_STATUS, pack_u64(0)))
                guest.start(peers)
            until(lambda: "front end closed" in it.proxy.status(), it.proxy.status)
    once = ["START", "STOP", "START", "STOP", "START", "STOP"]
    assert it.kinds() == once + once
    assert not any(r.flags & EventFlag.CLOSED for r in it.records)


def test_a_disabled_ring_is_watched_a_moment_longer_and_starts_again(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        head = guest.offer(b"in work")
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 0))
        guest.take(head)
        until(lambda: "STOP" in it.kinds())
        assert it.kinds() == ["START", "AVAILABLE", "USED", "STOP"]
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 1))
        assert it.kinds()[-1] == "START"


def test_memory_regions_come_and_go(tmp_path: Path, guest: GuestQueue) -> None:
    more = os.memfd_create("more")
    os.pwrite(more, b"plugged", 0x2000)
    os.ftruncate(more, 0x4000)
    region = SingleRegion(Region(GPA + RAM_SIZE * 4, 0x2000, UVA + RAM_SIZE * 4, 0x2000)).pack()
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        memory = it.proxy.memory
        assert memory is not None
        peers.ask(Message(Request.ADD_MEM_REG, region), (more,)).fds.close()
        assert memory.read(GPA + RAM_SIZE * 4, 7) == b"plugged"
        peers.ask(Message(Request.REM_MEM_REG, region))
        assert memory.regions() == [(GPA, RAM_SIZE)]
    os.close(more)


def test_nothing_is_read_while_memory_is_on_its_way(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        peers.ask(Message(Request.POSTCOPY_ADVISE))
        guest.offer(b"meanwhile")
        time.sleep(0.05)
        assert it.kinds() == ["START"] and it.proxy.memory is None and "post-copy" in it.proxy.status()
        peers.ask(Message(Request.POSTCOPY_END))
        peers.answer(Message(Request.POSTCOPY_END, pack_u64(0), VERSION | 4))
        until(lambda: of(it.records, EventKind.AVAILABLE))


def test_what_cannot_be_watched_is_passed_on_and_said(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        peers.ask(Message(Request.SET_VRING_NUM, VringState(0xFFFFFFFF, 1).pack()))
        peers.ask(Message(Request.SET_VRING_NUM, b"sh"))
        far = Message(Request.SET_MEM_TABLE, guest.table().payload.replace(UVA.to_bytes(8, "little"), bytes(8)))
        guest.table = lambda: far  # type: ignore[method-assign]
        guest.start(peers)
        assert "addresses of queue 1 are in no memory region" in it.proxy.status()
        assert [r.problems for r in it.records] == [Problem.RING_OUTSIDE_MEMORY]


def test_the_back_end_may_be_the_one_that_comes(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it:
        with connected(it) as came:
            turned = Peers(front=came.back, back=came.front)
            guest.start(turned)
            guest.stop(turned)
            turned.front.close()
        until(lambda: "front end closed" in it.proxy.status(), it.proxy.status)
    assert it.kinds() == ["START", "STOP", "STOP"] and it.records[-1].flags & EventFlag.CLOSED


def test_a_writer_that_fails_ends_the_run_and_lets_go_of_everything(tmp_path: Path, guest: GuestQueue) -> None:
    def full(record: Record) -> None:
        raise OSError(28, "no space left on device")

    before = open_fds()
    proxy = open_uri(f"{tmp_path}/front,{tmp_path}/back", SourceOptions())
    with ThreadPoolExecutor() as pool:
        run = pool.submit(proxy.run, full)
        with connected(Running(proxy, tmp_path / "front", tmp_path / "back")) as peers:
            with pytest.raises((AssertionError, ConnectionError)):
                guest.start(peers)
                peers.ask(Message(1))
            assert peers.back.receive(10) is None
        with pytest.raises(SourceError, match="no space left"):
            run.result(10)
    del peers
    assert open_fds() == before and not (tmp_path / "front").exists()


def test_in_band_notifications(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        peers.ask(Message(Request.SET_VRING_KICK, pack_u64(guest.index | 0x100)))
        peers.ask(guest.state(Request.VRING_KICK, 0))
        until(lambda: of(it.records, EventKind.KICK))
