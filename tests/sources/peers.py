"""A scripted front end and back end over real sockets, with guest memory in a memfd, and the proxy between them."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri
from vdmabuf_inspect.sources.vhost_user.proxy import Proxy
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.payload import MemoryTable, Region, VringAddress, VringState, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, Request

RAM_SIZE = 0x10_0000
GPA, UVA = 0x4000_0000, 0x7F00_0000_0000
DESC, AVAIL, USED, DATA, SIZE = 0x1000, 0x2000, 0x3000, 0x8000, 8
VERSION_1, PROTOCOL_FEATURES = 1 << 32, 1 << 30
WAIT = 10.0


def until(done: Callable[[], object], said: Callable[[], object] = str, seconds: float = WAIT) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"it did not happen: {said()}"
        time.sleep(0.002)


@dataclass
class Running:
    """A proxy that runs in a thread."""

    proxy: Proxy
    front_path: Path
    back_path: Path
    records: list[Record] = field(default_factory=list)
    """Of the rings."""
    control: list[Record] = field(default_factory=list)
    """Of the control plane."""

    def take(self, record: Record) -> None:
        """Keep a record."""
        (self.control if record.kind is EventKind.CONTROL else self.records).append(record)

    def kinds(self) -> list[str]:
        """Names of the event kinds so far, without the observer's own counts."""
        return [r.kind.name for r in self.records if r.kind is not EventKind.COUNTS]


@contextmanager
def running(
    folder: Path, options: SourceOptions | None = None, query: str = "", roles: tuple[str, str] = ("", "")
) -> Iterator[Running]:
    """A proxy between `folder/front` and `folder/back`; `roles` and `query` stand in its URI."""
    front, back = folder / "front", folder / "back"
    it = Running(open_uri(f"{roles[0]}{front},{roles[1]}{back}{query}", options or SourceOptions()), front, back)
    thread = threading.Thread(target=it.proxy.run, args=(it.take,))
    thread.start()
    try:
        yield it
    finally:
        it.proxy.stop()
        thread.join(WAIT)
        assert not thread.is_alive()


@dataclass
class Peers:
    """A front end and a back end that are connected through the proxy."""

    front: Connection
    back: Connection

    def close(self) -> None:
        """Close both."""
        self.front.close()
        self.back.close()

    def ask(self, message: Message, fds: tuple[int, ...] = ()) -> Message:
        """Send it from the front end; what the back end received. It must be the same bytes."""
        self.front.send(message, fds)
        got = self.back.receive(WAIT)
        assert got is not None and got.pack() == message.pack() and len(got.fds) == len(fds)
        return got

    def answer(self, message: Message, fds: tuple[int, ...] = ()) -> Message:
        """Send it from the back end; what the front end received."""
        self.back.send(message, fds)
        got = self.front.receive(WAIT)
        assert got is not None and got.pack() == message.pack() and len(got.fds) == len(fds)
        return got


@contextmanager
def connected(it: Running) -> Iterator[Peers]:
    """Both peers, connected through the proxy."""
    with listening(it.back_path) as listener:
        front = socket.socket(socket.AF_UNIX)
        front.connect(str(it.front_path))
        listener.settimeout(WAIT)
        peers = Peers(Connection(front), Connection(listener.accept()[0]))
        try:
            yield peers
        finally:
            peers.close()


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A listening socket at `path`, removed at the end."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield listener
    path.unlink()


class GuestQueue:
    """A guest with one split queue in shared memory, driven by hand."""

    def __init__(self, index: int = 1, gap: int = 0) -> None:
        self.index, self.at = index, gap
        self.fd = os.memfd_create("guest")
        os.ftruncate(self.fd, RAM_SIZE)
        self.kick, self.call = os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK)
        self.available = self.used = 0

    def close(self) -> None:
        """Close the memory and the eventfds."""
        for fd in (self.fd, self.kick, self.call):
            os.close(fd)

    def write(self, offset: int, data: bytes) -> None:
        """Write guest memory."""
        os.pwrite(self.fd, data, self.at + offset)

    def offer(self, data: bytes, writable: bool = False) -> int:
        """Make one chain of one descriptor available; its head."""
        head = self.available % SIZE
        where = DATA + 0x100 * head
        if not writable:
            self.write(where, data)
        self.write(DESC + 16 * head, pack("<QIHH", GPA + self.at + where, len(data), 2 * writable, 0))
        self.write(AVAIL + 4 + 2 * (self.available % SIZE), pack("<H", head))
        self.available += 1
        self.write(AVAIL + 2, pack("<H", self.available & 0xFFFF))
        return head

    def take(self, head: int, written: bytes = b"") -> None:
        """The device returns a chain."""
        self.write(DATA + 0x100 * head, written)
        self.write(USED + 4 + 8 * (self.used % SIZE), pack("<II", head, len(written)))
        self.used += 1
        self.write(USED + 2, pack("<H", self.used & 0xFFFF))

    def table(self) -> Message:
        """SET_MEM_TABLE of this memory."""
        return Message(Request.SET_MEM_TABLE, MemoryTable.of(Region(GPA, RAM_SIZE, UVA, 0)).pack())

    def state(self, request: Request, number: int) -> Message:
        """A request with the queue's index and a number."""
        return Message(request, VringState(self.index, number).pack())

    def address(self) -> Message:
        """SET_VRING_ADDR of the queue."""
        where = UVA + self.at
        return Message(
            Request.SET_VRING_ADDR, VringAddress(self.index, 0, where + DESC, where + USED, where + AVAIL).pack()
        )

    def start(
        self, peers: Peers, base: int = 0, features: int = VERSION_1 | PROTOCOL_FEATURES, enable: bool = True
    ) -> None:
        """Set everything up in the order of QEMU."""
        word = pack_u64(self.index)
        peers.ask(Message(Request.SET_FEATURES, pack_u64(features))).fds.close()
        peers.ask(self.table(), (self.fd,)).fds.close()
        peers.ask(self.state(Request.SET_VRING_NUM, SIZE))
        peers.ask(self.state(Request.SET_VRING_BASE, base))
        peers.ask(self.address())
        peers.ask(Message(Request.SET_VRING_CALL, word), (self.call,)).fds.close()
        peers.ask(Message(Request.SET_VRING_KICK, word), (self.kick,)).fds.close()
        if enable and features & PROTOCOL_FEATURES:
            peers.ask(self.state(Request.SET_VRING_ENABLE, 1))

    def stop(self, peers: Peers) -> None:
        """GET_VRING_BASE and its answer."""
        peers.ask(self.state(Request.GET_VRING_BASE, 0))
        peers.answer(Message(Request.GET_VRING_BASE, VringState(self.index, self.used).pack(), VERSION | 4))
