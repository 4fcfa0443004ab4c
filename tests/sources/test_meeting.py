"""How peers are brought together: either may listen or come, be late, go away, die and come again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fds import open_fds
from tests.sources.peers import WAIT, GuestQueue, Peers, Running, connected, listening, running, until
from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.payload import VringState
from vdmabuf_inspect.vhost_user.wire import VERSION, Request

PEER = [sys.executable, "-m", "vdmabuf_inspect.reference"]


def dial(path: Path) -> socket.socket:
    """Connect to a socket that may not be there yet."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(WAIT)

    def there() -> bool:
        with suppress(OSError):
            sock.connect(str(path))
            return True
        return False

    until(there)
    return sock


def answer(path: Path) -> Callable[[], socket.socket]:
    """Listen at `path`; the result waits for who comes."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(WAIT)

    def accept() -> socket.socket:
        with listener:
            return listener.accept()[0]

    return accept


def boundaries(it: Running) -> list[tuple[int, str]]:
    """(session, who and what) of every connection that began or ended."""

    def words(flags: int) -> str:
        who, what = flags & EventFlag.BACK_END, flags & EventFlag.CLOSED
        return f"{'back' if who else 'front'} {'closed' if what else 'connected'}"

    return [(r.count, words(r.flags)) for r in it.control if r.flags & EventFlag.BOUNDARY]


@pytest.mark.parametrize("front_calls", [True, False], ids=["front-comes", "front-listens"])
@pytest.mark.parametrize("back_calls", [True, False], ids=["back-comes", "back-listens"])
def test_either_peer_may_listen_or_come(tmp_path: Path, front_calls: bool, back_calls: bool) -> None:
    roles = ("listen:" if front_calls else "connect:", "listen:" if back_calls else "connect:")
    front, back = tmp_path / "front", tmp_path / "back"
    late_front = None if front_calls else answer(front)
    late_back = None if back_calls else answer(back)
    with running(tmp_path, roles=roles) as it:
        ends = [dial(path) if late is None else late for path, late in ((back, late_back), (front, late_front))]
        back_end, front_end = (Connection(end if isinstance(end, socket.socket) else end()) for end in ends)
        peers = Peers(front_end, back_end)
        peers.ask(Message(Request.GET_FEATURES))
        peers.answer(Message(Request.GET_FEATURES, bytes(8), VERSION | 4))
        peers.close()
        until(lambda: len(boundaries(it)) == 4)
    assert boundaries(it)[:2] == [(1, "front connected"), (1, "back connected")]
    assert [r.head for r in it.control if not r.flags & EventFlag.BOUNDARY] == [1, 1]


def test_a_back_end_that_is_late_is_waited_for(tmp_path: Path) -> None:
    with running(tmp_path) as it:
        front = Connection(dial(it.front_path))
        front.send(Message(Request.GET_FEATURES))
        until(lambda: "no back end on" in it.proxy.status() and "calling again" in it.proxy.status())
        with listening(it.back_path) as listener:
            listener.settimeout(WAIT)
            back = Connection(listener.accept()[0])
            asked = back.receive(WAIT)
            assert asked is not None and asked.request == Request.GET_FEATURES
        front.close(), back.close()


def test_a_front_end_that_gives_up_waiting_is_forgotten(tmp_path: Path) -> None:
    with running(tmp_path) as it:
        dial(it.front_path).close()
        until(lambda: "went away before there was a back end" in it.proxy.status(), it.proxy.status)
        with connected(it) as peers:
            peers.ask(Message(1))
    assert it.proxy.sessions == 1


def test_a_session_after_another_is_told_apart(tmp_path: Path) -> None:
    with running(tmp_path) as it:
        for dying in ("front", "back"):
            with connected(it) as peers:
                peers.ask(Message(1))
                (peers.front if dying == "front" else peers.back).close()
                until(lambda: "closed" in it.proxy.status(), it.proxy.status)
    first = [(1, "front connected"), (1, "back connected"), (1, "front closed"), (1, "back closed")]
    second = [(2, "front connected"), (2, "back connected"), (2, "back closed"), (2, "front closed")]
    assert boundaries(it) == first + second


def test_messages_are_recorded_in_both_directions_with_their_descriptors(tmp_path: Path) -> None:
    file = os.memfd_create("file")
    with running(tmp_path) as it, connected(it) as peers:
        peers.ask(Message(Request.ADD_MEM_REG, bytes(40), VERSION | 8), (file,)).fds.close()
        peers.answer(Message(Request.ADD_MEM_REG, bytes(8), VERSION | 4))
        ours, theirs = socket.socketpair()
        got = peers.ask(Message(Request.SET_BACKEND_REQ_FD), (theirs.fileno(),))
        theirs.close()
        front, back = Connection(ours), Connection(socket.socket(fileno=got.fds.take()[0]))
        back.send(Message(2, b"", VERSION | 8))
        with front.receive(WAIT) or Message(0) as request:
            front.send(request.reply(bytes(8)))
        assert back.receive(WAIT) is not None
        front.close(), back.close()
    os.close(file)
    said = [(r.head, r.index, r.event, r.count, r.flags) for r in it.control if not r.flags & EventFlag.BOUNDARY]
    both = EventFlag.BACK_CHANNEL | EventFlag.BACK_END
    assert said == [
        (37, 9, 1, 40, 0), (37, 5, 0, 8, EventFlag.BACK_END), (21, 1, 1, 0, 0),
        (2, 9, 0, 0, both), (2, 5, 0, 8, EventFlag.BACK_CHANNEL),
    ]  # fmt: skip


def guest_shares(guest: GuestQueue, peers: Peers) -> None:
    peers.ask(guest.table(), (guest.fd,)).fds.close()


@pytest.mark.parametrize("dying", ["front", "back"])
@pytest.mark.parametrize("stage", range(8))
def test_a_peer_that_dies_at_any_stage_of_the_set_up_leaves_a_whole_recording(
    tmp_path: Path, dying: str, stage: int
) -> None:
    before = open_fds()
    guest = GuestQueue()
    with running(tmp_path) as it:
        with connected(it) as peers:
            steps = (
                lambda: peers.ask(Message(Request.GET_FEATURES)),
                lambda: guest_shares(guest, peers),
                lambda: peers.ask(guest.state(Request.SET_VRING_NUM, 16)),
                lambda: peers.ask(guest.address()),
                lambda: guest.start(peers),
                lambda: guest.offer(b"request") and None,
                lambda: peers.ask(guest.state(Request.GET_VRING_BASE, 0)),
                lambda: peers.answer(Message(Request.GET_VRING_BASE, VringState(1, 0).pack(), VERSION | 4)),
            )
            for step in steps[: stage + 1]:
                step()
            gone, left = (peers.front, peers.back) if dying == "front" else (peers.back, peers.front)
            gone.close()
            assert left.receive(WAIT) is None
        until(lambda: f"{dying} end closed" in it.proxy.status(), it.proxy.status)
        with connected(it) as peers:
            peers.ask(Message(Request.GET_FEATURES))
    guest.close()
    kinds = [r.kind for r in it.records]
    assert kinds.count(EventKind.START) <= kinds.count(EventKind.STOP)
    assert [s for s, _ in boundaries(it)].count(1) == 4
    assert open_fds() == before


@pytest.mark.parametrize("victim", ["driver", "device"])
@pytest.mark.parametrize("delay", [0.15, 0.6, 1.1])
def test_killed_reference_peers_hang_nothing(tmp_path: Path, victim: str, delay: float) -> None:
    with running(tmp_path) as it:
        device = subprocess.Popen([*PEER, "device", str(it.back_path), "--quiet"])
        until(it.back_path.exists)
        driver = subprocess.Popen([*PEER, "driver", str(it.front_path), "--quiet", "--count", "500"])
        until(lambda: len(it.control) > 3)
        time.sleep(delay)
        dead, left = (driver, device) if victim == "driver" else (device, driver)
        dead.send_signal(signal.SIGKILL)
        dead.wait(WAIT)
        left.wait(3 * WAIT)
        until(lambda: "closed; waiting for a front end" in it.proxy.status(), it.proxy.status)
    assert [what for _, what in boundaries(it)][2] == ("front closed" if victim == "driver" else "back closed")
    assert len(boundaries(it)) == 4


def test_a_writer_thread_may_stop_the_proxy_while_it_waits_for_a_back_end(tmp_path: Path) -> None:
    with running(tmp_path) as it:
        front = dial(it.front_path)
        until(lambda: "calling again" in it.proxy.status())
        threading.Thread(target=it.proxy.stop).start()
        assert front.recv(1) == b""
        front.close()


@pytest.mark.parametrize(
    "text", ["a,connect:", "listen:,b", "a,b?wait=", "a,b?wait=x", "a,b?what=1", "connect:a,listen:a"]
)
def test_what_makes_no_sense_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="vhost-user:"):
        open_source(f"vhost-user:{text}")
