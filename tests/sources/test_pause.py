"""A ring that stops and goes on from there is the same ring: nothing of it was missed. One that begins anew is not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import pytest

from tests.sources.peers import AVAIL, DESC, USED, GuestQueue, Peers, Running, connected, running, until
from tests.stories.read_back import codes, findings, read_back
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.vhost_user.connection import Message
from vdmabuf_inspect.vhost_user.payload import VringState, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, Request

FAR = 0x4_0000


@pytest.fixture
def second(guest: GuestQueue) -> Iterator[GuestQueue]:
    """Another queue of the same guest."""
    it = GuestQueue(index=2, gap=FAR)
    os.dup2(guest.fd, it.fd)
    yield it
    it.close()


def read(it: Running, folder: Path) -> Session:
    records = sorted([*it.control, *it.records], key=lambda r: r.time_ns)
    return read_back(folder / "told.pcapng", records, it.proxy.queue_names)


def edges(it: Running, queue: int = 1) -> list[tuple[EventKind, bool, bool]]:
    """(START or STOP, whether it is of a pause, whether it was complete) of a queue."""
    kinds = (EventKind.START, EventKind.STOP)
    mine: list[Record] = [r for r in it.records if r.kind in kinds and r.queue == queue]
    return [(r.kind, bool(r.flags & EventFlag.PAUSED), bool(r.flags & EventFlag.COMPLETE)) for r in mine]


PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")
START, STOP = EventKind.START, EventKind.STOP
WENT_ON = [(START, False, True), (STOP, True, False), (START, True, False)]
BEGAN_ANEW = [(START, False, True), (STOP, True, False), (START, False, True)]


def pause(peers: Peers, *guests: GuestQueue) -> None:
    """What QEMU says when the guest stops: where is each ring, and, where it is told, status 0."""
    for guest in guests:
        guest.stop(peers)
    peers.ask(Message(Request.SET_STATUS, pack_u64(0)))


def blank(guest: GuestQueue) -> None:
    """The rings as a driver makes them."""
    for at in (DESC, AVAIL, USED):
        guest.write(at, bytes(0x400))
    guest.available = guest.used = 0


def test_a_paused_ring_goes_on(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, SourceOptions(device="net")) as it, connected(it) as peers:
        guest.start(peers)
        for data in (b"one", b"two"):
            guest.take(guest.offer(data))
        held = guest.offer(b"waits")
        until(lambda: it.kinds().count("USED") == 2 and it.kinds().count("AVAILABLE") == 3)
        pause(peers, guest)
        late = guest.offer(b"added meanwhile")
        guest.start(peers, base=2)
        for head in (held, late):
            guest.take(head)
        until(lambda: it.kinds().count("USED") == 4)
        guest.stop(peers)
    session = read(it, tmp_path)
    assert edges(it)[:3] == WENT_ON
    assert it.kinds().count("AVAILABLE") == 4 and "GAP" not in it.kinds()
    queue = session.queues.rings[0]
    assert len(queue.epochs) == 1 and queue.complete and len(queue.resumes) == 1
    assert (session.chains.used >= 0).all() and len(session.chains) == 4
    assert "VX902" not in codes(session) and not {c for c in codes(session) if c.startswith("VR")}
    between, after = queue.stops[0] + 1, queue.resumes[0] + 1
    assert RingState(session, queue, between).stopped and not RingState(session, queue, after).stopped
    assert RingState(session, queue, between).in_flight == 1
    assert RingState(session, queue, session.seq).counts.available == 4  # type: ignore[union-attr]


def test_a_chain_that_comes_back_in_a_pause_is_not_forgotten(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, SourceOptions(device="net")) as it, connected(it) as peers:
        guest.start(peers)
        head = guest.offer(b"one")
        until(lambda: "AVAILABLE" in it.kinds())
        peers.ask(guest.state(Request.GET_VRING_BASE, 0))
        peers.answer(Message(Request.GET_VRING_BASE, VringState(1, 1).pack(), VERSION | 4))
        guest.take(head)
        until(lambda: "LOOK" in it.kinds())
        guest.start(peers, base=1)
        until(lambda: "USED" in it.kinds())
    session = read(it, tmp_path)
    assert edges(it)[:3] == WENT_ON and (session.chains.used >= 0).all()
    assert "VH209" in codes(session) and "VR171" not in codes(session)


@pytest.mark.parametrize("how", ["reset", "other base", "other chain", "RESET_DEVICE"])
def test_what_does_not_go_on_begins_anew(how: str, tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, SourceOptions(device="net")) as it, connected(it) as peers:
        guest.start(peers)
        guest.take(guest.offer(b"one"))
        head = guest.offer(b"two")
        until(lambda: it.kinds().count("AVAILABLE") == 2)
        pause(peers, guest)
        if how == "RESET_DEVICE":
            peers.ask(Message(Request.RESET_DEVICE))
        if how == "reset":
            blank(guest)
        if how == "other chain":
            guest.write(DESC + 16 * head, pack("<QI", 0x4000_9000, 2))
        guest.start(peers, base={"reset": 0, "other base": 2}.get(how, 1))
    session = read(it, tmp_path)
    assert edges(it)[:2] == BEGAN_ANEW[:2] and edges(it)[2][:2] == (START, False)
    assert len(session.queues.rings[0].epochs) == 2
    assert "VR171" in codes(session), "what was out was lost with the set-up before"


def test_an_unused_ring_takes_after_the_others(tmp_path: Path, guest: GuestQueue, second: GuestQueue) -> None:
    """A ring from which nothing was taken begins where it stopped: only the others tell a pause from a reset."""
    second.offer(b"room", writable=True)
    with running(tmp_path, SourceOptions(device="net")) as it, connected(it) as peers:
        for queue in (second, guest):
            queue.start(peers)
        guest.take(guest.offer(b"one"))
        until(lambda: "USED" in it.kinds())
        pause(peers, second, guest)
        second.start(peers, base=0)
        guest.start(peers, base=1)
        assert edges(it, 1) == WENT_ON and edges(it, 2) == WENT_ON
        pause(peers, second, guest)
        blank(guest)
        second.start(peers, base=0)
        guest.start(peers, base=0)
        until(lambda: it.kinds().count("AVAILABLE") == 3)
    session = read(it, tmp_path)
    assert edges(it, 1)[3:5] == BEGAN_ANEW[1:]
    assert edges(it, 2)[3:7] == [WENT_ON[1], WENT_ON[2], (STOP, False, False), (START, False, True)]
    assert [len(q.epochs) for q in session.queues.rings] == [2, 2]
    assert "VX902" not in codes(session)


def test_a_ring_that_was_disabled_goes_on(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        guest.take(guest.offer(b"one"))
        until(lambda: "USED" in it.kinds())
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 0))
        until(lambda: "STOP" in it.kinds())
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 1))
        assert edges(it) == WENT_ON


def test_a_session_that_ends_in_a_pause_has_lost_what_was_out(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, SourceOptions(device="net")) as it:
        with connected(it) as peers:
            guest.start(peers)
            guest.offer(b"one")
            until(lambda: "AVAILABLE" in it.kinds())
            pause(peers, guest)
            assert "VR171" not in codes(read(it, tmp_path)), "it may come back yet"
        until(lambda: "front end closed" in it.proxy.status(), it.proxy.status)
    assert "VR171" in codes(read(it, tmp_path))


@pytest.mark.parametrize("rings", ["--no-packed", "--packed"])
def test_a_pair_that_pauses_is_one_session(rings: str, tmp_path: Path) -> None:
    """The reference driver stops its queues and goes on, twice, while the device has buffers and receive buffers."""
    options = ["--quiet", rings]
    with running(tmp_path, SourceOptions(device="vdmabuf")) as it:
        with subprocess.Popen([*PEER, "device", str(it.back_path), *options, "--linger", "2"]) as device:
            until(it.back_path.exists)
            driver = [*PEER, "driver", str(it.front_path), *options, "--count", "60", "--rate", "150", "--pauses", "2"]
            subprocess.run(driver, check=True, timeout=60)
            assert device.wait(10) == 0
        until(lambda: "front end closed" in it.proxy.status(), it.proxy.status)
    session = read(it, tmp_path)
    assert [len(q.epochs) for q in session.queues.rings] == [1, 1]
    assert [len(q.resumes) for q in session.queues.rings] == [2, 2]
    assert all(q.complete for q in session.queues.rings) and "GAP" not in it.kinds()
    across = session.queues.rings[1].stops[0] + 1
    assert RingState(session, session.queues.rings[0], across).in_flight > 0, "receive buffers stay with the device"
    assert len(session.objects) == 60, "no buffer was forgotten and found again"
    (vdmabuf,) = session.vdmabuf.values()
    assert vdmabuf.epoch == 0 and not len(vdmabuf.tracker.live_objects())
    found = [f for f in findings(session) if f.severity is not Severity.NOTE]
    assert not found
