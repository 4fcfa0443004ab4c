"""The proxy on the wire: every byte and file descriptor passes, both ways, and nobody is kept from noticing."""

import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fds import open_fds
from tests.sources.peers import WAIT, connected, listening, running, until
from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.wire import VERSION, Request


def same_file(one: int, other: int) -> bool:
    return os.path.sameopenfile(one, other)


def test_every_request_passes_unknown_ones_too(tmp_path: Path) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        for request in (*range(1, 60), 0, 1000, 0xFFFFFFFF):
            peers.ask(Message(request, bytes([request & 0xFF]) * (request % 50), VERSION | 8))
            peers.answer(Message(request, b"reply" * (request % 20), VERSION | 4))
        assert "no queue runs" in it.proxy.status()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=300), st.integers(0, 15), st.booleans()), max_size=20))
def test_any_messages_pass_in_order(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[int, bytes, int, bool]]
) -> None:
    with running(tmp_path_factory.mktemp("any")) as it, connected(it) as peers:
        for request, payload, flags, forward in said:
            (peers.ask if forward else peers.answer)(Message(request, payload, flags))


def test_file_descriptors_pass_both_ways_with_their_message(tmp_path: Path) -> None:
    files = [os.memfd_create(str(i)) for i in range(32)]
    with running(tmp_path) as it, connected(it) as peers:
        for n in (1, 8, 32):
            with peers.ask(Message(77, b"x"), tuple(files[:n])) as got:
                assert all(map(same_file, got.fds.numbers, files))
            with peers.answer(Message(31, b"y", VERSION | 4), tuple(files[:n])) as got:
                assert all(map(same_file, got.fds.numbers, files))
    for fd in files:
        os.close(fd)


def test_a_peer_that_does_not_read_holds_up_nobody_but_its_own_sender(tmp_path: Path) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        big, count = Message(90, bytes(40_000)), 200
        sender = threading.Thread(target=lambda: [peers.front.send(big) for _ in range(count)])
        sender.start()
        for _ in range(20):
            peers.answer(Message(91, b"meanwhile"))
        for _ in range(count):
            got = peers.back.receive(WAIT)
            assert got is not None and got.pack() == big.pack()
        sender.join(WAIT)


def test_the_back_ends_channel_passes_both_ways(tmp_path: Path) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        ours, theirs = socket.socketpair()
        got = peers.ask(Message(Request.SET_BACKEND_REQ_FD), (theirs.fileno(),))
        theirs.close()
        front, back = Connection(ours), Connection(socket.socket(fileno=got.fds.take()[0]))
        file = os.memfd_create("file")
        back.send(Message(9, b"map", VERSION | 8), [file])
        with front.receive(WAIT) or Message(0) as request:
            assert request.payload == b"map" and same_file(request.fds.numbers[0], file)
        front.send(Message(9, b"done", VERSION | 4), [file])
        with back.receive(WAIT) or Message(0) as reply:
            assert reply.payload == b"done" and same_file(reply.fds.numbers[0], file)
        front.close()
        assert back.receive(WAIT) is None
        peers.answer(Message(1, b"the session goes on"))
        back.close()
        os.close(file)


@pytest.mark.parametrize("dying", ["front", "back"])
def test_a_dying_peer_closes_the_other_and_the_next_may_come(tmp_path: Path, dying: str) -> None:
    with running(tmp_path) as it:
        for _ in range(3):
            with connected(it) as peers:
                peers.ask(Message(1))
                gone, left = (peers.front, peers.back) if dying == "front" else (peers.back, peers.front)
                gone.send(Message(2, b"last words"))
                gone.close()
                last = left.receive(WAIT)
                assert last is not None and last.payload == b"last words"
                assert left.receive(WAIT) is None
            until(lambda: f"{dying} end closed" in it.proxy.status())
        assert it.proxy.sessions == 3


def test_last_words_of_a_back_end_arrive_although_the_front_end_still_talks(tmp_path: Path) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        peers.ask(Message(1))
        peers.back.send(Message(2, b"last words"))
        peers.back.close()
        for _ in range(3):
            try:
                peers.front.send(Message(3))
            except ConnectionError:
                break
        last = peers.front.receive(WAIT)
        assert last is not None and last.payload == b"last words"


def test_no_back_end_sends_the_front_end_away_and_goes_on_listening(tmp_path: Path) -> None:
    with running(tmp_path, query="?wait=0.3") as it:
        with socket.socket(socket.AF_UNIX) as front:
            front.settimeout(WAIT)
            front.connect(str(it.front_path))
            assert front.recv(1) == b""
        until(lambda: "no back end on" in it.proxy.status() and "sent away" in it.proxy.status())
        with connected(it) as peers:
            peers.ask(Message(1))


def test_bytes_that_are_no_vhost_user_end_the_session_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        os.write(peers.front.fileno(), b"GET / HTTP/1.1\r\n\r\n")
        assert peers.back.receive(WAIT) is None
        until(lambda: "claims" in it.proxy.status())


def test_no_file_descriptor_is_left_open(tmp_path: Path) -> None:
    files = tuple(os.memfd_create(str(i)) for i in range(4))
    before = open_fds()
    for _ in range(3):
        with running(tmp_path) as it, connected(it) as peers:
            ours, theirs = socket.socketpair()
            peers.ask(Message(Request.SET_BACKEND_REQ_FD), (theirs.fileno(),)).fds.close()
            peers.ask(Message(99, b"fds"), files).fds.close()
            peers.front.send(Message(99, b"never read"), files)
            ours.close(), theirs.close()
    assert open_fds() == before
    for fd in files:
        os.close(fd)


def test_the_socket_is_removed_and_a_stale_one_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "front"))
    with running(tmp_path):
        assert (tmp_path / "front").is_socket()
    assert not (tmp_path / "front").exists()


def test_a_file_or_a_living_socket_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(SourceError, match="a file that is no socket"):
        open_source(f"vhost-user:{tmp_path}/file,{tmp_path}/back")
    assert (tmp_path / "file").read_text() == "precious"
    with listening(tmp_path / "living"), pytest.raises(SourceError, match="somebody already does"):
        open_uri(f"{tmp_path}/living,{tmp_path}/back", SourceOptions())
    with pytest.raises(SourceError, match="cannot listen on"):
        open_source(f"vhost-user:{tmp_path}/missing/front,{tmp_path}/back")


@pytest.mark.parametrize("text", ["", "a", "a,", ",b", "a,b,c", "a,a"])
def test_two_paths_are_needed(text: str) -> None:
    with pytest.raises(UsageError, match="vhost-user:"):
        open_source(f"vhost-user:{text}")
