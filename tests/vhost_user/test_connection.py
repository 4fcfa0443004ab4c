"""Messages and file descriptors arrive whole, in order, and nothing leaks."""

import os
import socket
from collections.abc import Iterator

import pytest

from tests.fds import open_fds
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.wire import HEADER


@pytest.fixture
def pair() -> Iterator[tuple[Connection, Connection]]:
    ends = tuple(Connection(s) for s in socket.socketpair())
    yield ends  # type: ignore[misc]
    for end in ends:
        end.close()


@pytest.fixture
def half() -> Iterator[tuple[socket.socket, Connection]]:
    raw, other = socket.socketpair()
    end = Connection(other)
    yield raw, end
    raw.close()
    end.close()


def test_message_arrives_byte_for_byte(pair: tuple[Connection, Connection]) -> None:
    sent = Message(4000, b"abc", flags=0xFFFFFFFD)
    pair[0].send(sent)
    received = pair[1].receive(1)
    assert received is not None
    assert received.pack() == sent.pack()


def test_fds_are_working_copies_and_close_with_the_message(pair: tuple[Connection, Connection]) -> None:
    before = open_fds()
    counter = os.eventfd(0)
    pair[0].send(Message(12, bytes(8)), [counter] * 32)
    received = pair[1].receive(1)
    assert received is not None
    with received:
        assert len(received.fds) == 32
        os.eventfd_write(received.fds.numbers[31], 3)
    assert os.eventfd_read(counter) == 3
    os.close(counter)
    assert open_fds() == before


def test_fds_stay_with_their_message_when_several_are_queued(pair: tuple[Connection, Connection]) -> None:
    counter = os.eventfd(0)
    for request, fds in ((1, []), (12, [counter]), (2, []), (13, [counter, counter])):
        pair[0].send(Message(request, bytes(8)), fds)
    os.close(counter)
    seen = []
    while len(seen) < 4:
        message = pair[1].receive(1)
        assert message is not None
        with message:
            seen.append((message.request, len(message.fds)))
    assert seen == [(1, 0), (12, 1), (2, 0), (13, 2)]


def test_bytes_one_at_a_time(half: tuple[socket.socket, Connection]) -> None:
    raw, end = half
    data = Message(9, bytes(range(40))).pack()
    for i in range(len(data)):
        assert end.poll() is None
        raw.send(data[i : i + 1])
    message = end.poll()
    assert message is not None
    assert message.pack() == data


def test_end_of_file_is_none_and_an_unfinished_message_closes_its_fds(half: tuple[socket.socket, Connection]) -> None:
    raw, end = half
    before = open_fds()
    reading, writing = os.pipe()
    socket.send_fds(raw, [HEADER.pack(12, 1, 8)], [writing])
    os.close(writing)
    assert end.poll() is None
    raw.close()
    assert end.receive(1) is None
    assert end.closed
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert open_fds() == before - 2


def test_timeout(pair: tuple[Connection, Connection]) -> None:
    with pytest.raises(TimeoutError):
        pair[0].receive(0.01)


def test_huge_payload_is_refused_without_allocating(half: tuple[socket.socket, Connection]) -> None:
    raw, end = half
    raw.send(HEADER.pack(5, 1, 0xFFFFFFFF))
    with pytest.raises(SourceError, match="claims 4294967295 bytes"):
        end.receive(1)


def test_sending_to_a_closed_peer(half: tuple[socket.socket, Connection]) -> None:
    raw, end = half
    raw.close()
    with pytest.raises(ConnectionError):
        end.send(Message(1))


def test_full_socket_times_out(half: tuple[socket.socket, Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vdmabuf_inspect.vhost_user.connection.SEND_SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        for _ in range(10_000):
            half[1].send(Message(5, bytes(4096)))
