"""What a session does wrong is seen through the proxy, and what only looks like it is not held against anybody."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.peers import (
    PROTOCOL_FEATURES,
    SIZE,
    USED,
    VERSION_1,
    GuestQueue,
    Peers,
    Running,
    connected,
    running,
    until,
)
from tests.stories.read_back import codes, read_back
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.vhost_user.connection import Message
from vdmabuf_inspect.vhost_user.payload import pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, Request

NET = SourceOptions(device="net")


@pytest.fixture
def guest() -> Iterator[GuestQueue]:
    it = GuestQueue()
    yield it
    it.close()


def fired(it: Running, folder: Path) -> list[str]:
    """The VH rules that fire on what was recorded so far, as often as they do."""
    records = sorted([*it.control, *it.records], key=lambda r: r.time_ns)
    return [c for c in codes(read_back(folder / "told.pcapng", records, {})) if c.startswith("VH")]


def judged(it: Running, folder: Path) -> set[str]:
    """Those rules, each once."""
    return set(fired(it, folder))


def set_up(guest: GuestQueue, peers: Peers) -> None:
    """Everything up to the kick, with feature bit 30; not enabled."""
    peers.ask(Message(Request.GET_FEATURES))
    peers.answer(Message(Request.GET_FEATURES, pack_u64(VERSION_1 | PROTOCOL_FEATURES), VERSION | 4))
    peers.ask(Message(Request.SET_FEATURES, pack_u64(VERSION_1 | PROTOCOL_FEATURES)))
    peers.ask(guest.table(), (guest.fd,)).fds.close()
    peers.ask(guest.state(Request.SET_VRING_NUM, SIZE))
    peers.ask(guest.state(Request.SET_VRING_BASE, 0))
    peers.ask(guest.address())
    peers.ask(Message(Request.SET_VRING_KICK, pack_u64(guest.index)), (guest.kick,)).fds.close()


def late(it: Running) -> list[int]:
    return [r.count for r in it.records if r.flags & EventFlag.LATE and r.kind is EventKind.LOOK]


def test_a_chain_that_comes_back_after_the_hand_over(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, NET) as it, connected(it) as peers:
        guest.start(peers)
        heads = [guest.offer(b"one"), guest.offer(b"two")]
        until(lambda: len(it.records) >= 3)
        guest.stop(peers)
        for head in heads:
            guest.take(head)
        until(lambda: sum(late(it)) == 2)
    assert judged(it, tmp_path) == {"VH209"}


def test_memory_that_the_guest_uses_again_is_no_late_chain(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, NET) as it, connected(it) as peers:
        guest.start(peers)
        guest.offer(b"one")
        until(lambda: len(it.records) >= 2)
        guest.stop(peers)
        guest.write(0, os.urandom(USED + 64))
        time.sleep(0.2)
    assert not late(it) and judged(it, tmp_path) == set()


def test_a_kick_before_the_ring_is_enabled(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, NET) as it, connected(it) as peers:
        set_up(guest, peers)
        guest.offer(b"one")
        os.eventfd_write(guest.kick, 1)
        until(lambda: EventKind.KICK in [r.kind for r in it.records])
        os.eventfd_write(guest.kick, 1)
        until(lambda: sum(r.count for r in it.records if r.kind is EventKind.KICK) == 2)
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 1))
    assert fired(it, tmp_path) == ["VH205"], "told once a ring"


def test_a_kick_that_was_there_already_is_nobodys_fault(tmp_path: Path, guest: GuestQueue) -> None:
    os.eventfd_write(guest.kick, 1)
    with running(tmp_path, NET) as it, connected(it) as peers:
        set_up(guest, peers)
        time.sleep(0.1)
        peers.ask(guest.state(Request.SET_VRING_ENABLE, 1))
        until(lambda: EventKind.KICK in [r.kind for r in it.records])
    assert judged(it, tmp_path) == set()


def test_a_ring_started_without_its_base_and_a_request_never_answered(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path, NET) as it, connected(it) as peers:
        peers.ask(Message(Request.SET_FEATURES, pack_u64(VERSION_1)))
        peers.ask(guest.table(), (guest.fd,)).fds.close()
        peers.ask(guest.state(Request.SET_VRING_NUM, SIZE))
        peers.ask(guest.address())
        peers.ask(Message(Request.SET_VRING_KICK, pack_u64(guest.index)), (guest.kick,)).fds.close()
        peers.ask(Message(Request.GET_QUEUE_NUM))
        peers.back.close()
        until(lambda: "back end closed" in it.proxy.status())
    assert judged(it, tmp_path) == {"VH203", "VH204", "VH208"}
