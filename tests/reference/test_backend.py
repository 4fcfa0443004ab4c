"""The device's vhost-user side survives whatever a front end sends, and does what a QEMU-like one needs."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fds import open_fds
from vdmabuf_inspect.reference.backend import PROTOCOL, BackEnd
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.payload import (
    Config,
    MemoryTable,
    Region,
    VringAddress,
    VringState,
    pack_u64,
    parse_u64,
)
from vdmabuf_inspect.vhost_user.wire import HeaderFlag, ProtocolFeature, Request


class Wire:
    """A front end written by hand, and the back end under test."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.front = Connection(ours)
        self.log: list[str] = []
        self.back = BackEnd(
            Connection(theirs), offered=1 << 30, config=(99).to_bytes(8, "little"), queues=2, log=self.log.append,
            prepared=(lambda step: None, self.log.append, 1), stopped=lambda queue: None,
        )  # fmt: skip

    def tell(self, request: int, payload: bytes = b"", fds: tuple[int, ...] = (), flags: int = 1) -> None:
        self.front.send(Message(request, payload, flags), fds)
        self.back.serve()

    def ask(self, request: int, payload: bytes = b"", fds: tuple[int, ...] = (), flags: int = 1) -> bytes:
        self.tell(request, payload, fds, flags)
        answer = self.front.poll()
        assert answer is not None
        assert answer.header.is_reply
        return answer.payload

    def acknowledged(self, request: int, payload: bytes = b"", fds: tuple[int, ...] = ()) -> bool:
        return parse_u64(self.ask(request, payload, fds, 1 | HeaderFlag.NEED_REPLY)) == 0


@contextmanager
def wire() -> Iterator[Wire]:
    made = Wire()
    try:
        yield made
    finally:
        made.back.close()
        made.front.close()


@contextmanager
def memfd(size: int) -> Iterator[int]:
    number = os.memfd_create("test")
    os.ftruncate(number, size)
    try:
        yield number
    finally:
        os.close(number)


MESSAGES = st.tuples(
    st.one_of(st.integers(0, 50), st.integers(0, 0xFFFFFFFF)),
    st.binary(max_size=120),
    st.integers(0, 3),
    st.integers(0, 15),
)


@settings(max_examples=60)
@given(st.lists(MESSAGES, max_size=30))
def test_any_requests_are_survived_and_nothing_leaks(messages: list[tuple[int, bytes, int, int]]) -> None:
    before = open_fds()
    with wire() as session, memfd(8192) as number:
        session.ask(Request.GET_PROTOCOL_FEATURES)
        session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(PROTOCOL))
        for request, payload, fds, flags in messages:
            session.tell(request, payload, (number,) * fds, flags)
            while session.front.poll() is not None:
                pass
        assert parse_u64(session.ask(Request.GET_QUEUE_NUM)) == 2
    assert open_fds() == before


def test_configuration_and_unknown_requests() -> None:
    with wire() as session:
        session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(ProtocolFeature.REPLY_ACK | ProtocolFeature.CONFIG))
        answer = Config.parse(session.ask(Request.GET_CONFIG, Config(0, 8, 0, bytes(8)).pack()))
        assert answer is not None
        assert int.from_bytes(answer.data, "little") == 99
        assert not session.acknowledged(4000)
        assert session.acknowledged(Request.SET_OWNER)


def _set_up(session: Wire, number: int, size: int) -> bool:
    session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(ProtocolFeature.REPLY_ACK))
    region = Region(0x1000, size, 0x7F0000000000, 0)
    if not session.acknowledged(Request.SET_MEM_TABLE, MemoryTable.of(region).pack(), (number,)):
        return False
    session.acknowledged(Request.SET_VRING_NUM, VringState(0, 8).pack())
    address = VringAddress(0, 0, desc=region.uva, used=region.uva + 512, avail=region.uva + 256)
    session.acknowledged(Request.SET_VRING_ADDR, address.pack())
    return True


def test_ring_starts_with_its_kick_and_stops_with_get_base() -> None:
    with wire() as session, memfd(8192) as number:
        assert _set_up(session, number, 8192)
        session.acknowledged(Request.SET_VRING_BASE, VringState(0, 5).pack())
        kick = os.eventfd(0)
        assert session.acknowledged(Request.SET_VRING_KICK, pack_u64(0), (kick,))
        os.close(kick)
        queue = session.back.queues[0]
        assert queue.ring is not None
        assert queue.running is None
        session.acknowledged(Request.SET_VRING_ENABLE, VringState(0, 1).pack())
        assert queue.running is not None
        assert VringState.parse(session.ask(Request.GET_VRING_BASE, VringState(0, 0).pack())) == VringState(0, 5)
        assert queue.ring is None


@pytest.mark.parametrize("size", [8193, 1 << 50])
def test_region_beyond_its_file_is_refused(size: int) -> None:
    with wire() as session, memfd(8192) as number:
        assert not _set_up(session, number, size)


def test_kick_without_set_up_is_refused() -> None:
    with wire() as session:
        session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(ProtocolFeature.REPLY_ACK))
        kick = os.eventfd(0)
        assert not session.acknowledged(Request.SET_VRING_KICK, pack_u64(1), (kick,))
        os.close(kick)
