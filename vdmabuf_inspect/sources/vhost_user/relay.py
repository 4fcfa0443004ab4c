"""Two peers with every message between them passed on, byte for byte and with its file descriptors."""

import select
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.vhost_user.connection import Connection, Message

ROOM = 64
"""Messages that may wait for a peer which does not read; then the other peer is not read either."""
TURN = 64
"""Messages taken from one peer before the other gets its turn."""
DRAIN_SECONDS = 0.2


class Peer:
    """One end of a relay: a connection to read from, and what waits to be sent to it."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        self.name = name
        self.connection = Connection(sock)
        self.events = select.EPOLLIN
        self._socket = sock
        self._waiting: deque[Message] = deque()
        self._rest = memoryview(b"")

    @property
    def waiting(self) -> int:
        """Messages that are not wholly sent."""
        return len(self._waiting)

    def push(self, message: Message) -> None:
        """To be sent with the next `flush`, its fds closed then."""
        self._waiting.append(message)
        if len(self._waiting) == 1:
            self._rest = memoryview(message.pack())

    def flush(self) -> None:
        """Send what the peer takes now. Raises OSError when it is gone."""
        while self._waiting:
            try:
                sent = self._send(self._rest, self._waiting[0])
            except BlockingIOError:
                return
            self._rest = self._rest[sent:]
            if not self._rest:
                self._waiting.popleft().fds.close()
                self._rest = memoryview(self._waiting[0].pack() if self._waiting else b"")

    def _send(self, data: memoryview, message: Message) -> int:
        fds = message.fds.numbers
        flags = socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT
        sent = socket.send_fds(self._socket, [data], fds, flags) if fds else self._socket.send(data, flags)
        message.fds.close()
        return sent

    def gone(self) -> bool:
        """Whether it closed, once nothing is of interest any more but that."""
        with suppress(SourceError, OSError):
            while (message := self.connection.poll()) is not None:
                message.fds.close()
        return self.connection.closed

    def close(self) -> None:
        """Send what can still be sent, then close."""
        poller = select.poll()
        try:
            while self._waiting and not self.connection.closed:
                poller.register(self._socket, select.POLLOUT)
                if not poller.poll(DRAIN_SECONDS * 1000):
                    break
                self.flush()
        except OSError:
            pass
        self.drop()
        self.connection.close()

    def drop(self) -> None:
        """Forget what waits to be sent."""
        for message in self._waiting:
            message.fds.close()
        self._waiting.clear()


Observe = Callable[[Peer, Message], Message]
"""Told of each message before it is passed on, with the peer that sent it; returns what to pass on."""


class Relay:
    """Passes messages on until one peer goes; then closes both and tells `ended` why, in words."""

    def __init__(self, loop: Loop, one: Peer, other: Peer, observe: Observe, ended: Callable[[str], None]) -> None:
        self._loop = loop
        self._observe = observe
        self._ended = ended
        self._pairs = ((one, other), (other, one))
        self._open = True
        for peer, sink in self._pairs:
            loop.watch(peer.connection.fileno(), peer.events, partial(self._happened, peer, sink))

    def end(self, why: str) -> None:
        """Close both peers. May be called again."""
        if not self._open:
            return
        self._open = False
        for peer, _ in self._pairs:
            self._loop.forget(peer.connection.fileno())
        try:
            self._ended(why)
        finally:
            for peer, _ in self._pairs:
                peer.close()

    def _happened(self, peer: Peer, sink: Peer, events: int) -> None:
        if events & select.EPOLLOUT:
            self._flush(peer, sink)
        if events & select.EPOLLIN:
            self._pass_on(peer, sink)
        elif events & (select.EPOLLHUP | select.EPOLLERR):
            self.end(f"{peer.name} closed")
        self._arm()

    def _pass_on(self, peer: Peer, sink: Peer) -> None:
        for _ in range(TURN):
            message = self._take(peer) if self._open and sink.waiting < ROOM else None
            if message is None:
                break
            sink.push(self._observe(peer, message))
            self._flush(sink, peer)
        if peer.connection.closed:
            self.end(f"{peer.name} closed")

    def _take(self, peer: Peer) -> Message | None:
        try:
            return peer.connection.poll()
        except (SourceError, OSError) as error:
            self.end(f"{peer.name}: {error}")
            return None

    def _flush(self, peer: Peer, other: Peer) -> None:
        """Send what waits for `peer`; one that is gone may have said something before, which `other` still gets."""
        try:
            peer.flush()
        except OSError:
            peer.drop()
            self._pass_on(peer, other)
            self.end(f"{peer.name} closed")

    def _arm(self) -> None:
        """Read a peer only while the other takes what it sends; wait for one to take more only when it must."""
        for peer, sink in self._pairs:
            events = (select.EPOLLIN if sink.waiting < ROOM else 0) | (select.EPOLLOUT if peer.waiting else 0)
            if self._open and events != peer.events:
                peer.events = events
                self._loop.change(peer.connection.fileno(), events)
