"""How a front end and a back end are brought together: each comes to a socket of ours, or is called at its own."""

import select
import socket
import time
from collections.abc import Callable
from functools import partial

from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.sources.vhost_user.socket_path import UnixListener, connect

RETRY_SECONDS = 0.1
WAIT_SECONDS = 10.0
"""How long one peer is kept waiting for the other to be there to call."""
Met = Callable[[socket.socket, socket.socket], None]
"""Given the front end's socket and the back end's, which it owns from then on."""


class Side:
    """One peer's place. With `listens` it comes to `path`, else it listens there and is called."""

    def __init__(self, name: str, path: str, listens: bool) -> None:
        """Raises SourceError when `path` cannot be listened on."""
        self.name, self.path = name, path
        self.listener = UnixListener(path) if listens else None
        self.peer: socket.socket | None = None
        self.since = 0.0
        """When the peer came."""

    def here(self, peer: socket.socket | None) -> None:
        """The peer is here, if it is not gone already."""
        self.peer, self.since = peer, time.monotonic()

    def take(self) -> socket.socket:
        """The peer's socket; whoever calls owns it."""
        assert self.peer is not None
        peer, self.peer = self.peer, None
        return peer

    def hung_up(self) -> bool:
        """Whether the peer that waits here has gone."""
        if self.peer is None:
            return False
        try:
            return self.peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drop(self) -> None:
        """Close the connection to the peer, if there is one."""
        if self.peer is not None:
            self.take().close()

    def close(self) -> None:
        """Listen no more. May be called again."""
        self.drop()
        if self.listener is not None:
            self.listener.close()


class Meeting:
    """Waits for one pair of peers after the other. `told` says for whom."""

    def __init__(self, front: Side, back: Side, wait_s: float = WAIT_SECONDS) -> None:
        self.front, self.back = front, back
        self.told = ""
        self._wait = wait_s
        self._next = 0.0
        self._eager = front if front.listener is None and back.listener is None else None
        self.wanted()

    @property
    def pause(self) -> float | None:
        """Seconds until somebody is to be called again or looked after; None for none."""
        calling = self._eager is not None or self.front.peer is not None or self.back.peer is not None
        return RETRY_SECONDS if calling else None

    def start(self, loop: Loop, met: Met) -> None:
        """Let those come who are not here."""
        for side in (self.front, self.back):
            if side.listener is not None and side.peer is None:
                loop.watch(side.listener.fileno(), select.EPOLLIN, partial(self._came, loop, met, side))

    def step(self, loop: Loop, met: Met) -> None:
        """Call whom the other waits for; let go of who hung up, or has waited too long."""
        for side, other in ((self.front, self.back), (self.back, self.front)):
            if side.hung_up():
                side.drop()
                self.wanted(f"the {side.name} went away before there was a {other.name}; ")
            if side.listener is None and side.peer is None and (other.peer is not None or side is self._eager):
                self._call(side, other)
        if self.front.peer is not None and self.back.peer is not None:
            self._leave(loop)
            met(self.front.take(), self.back.take())
        else:
            self.start(loop, met)

    def wanted(self, before: str = "") -> None:
        """Say for whom we wait."""
        absent = [side for side in (self.front, self.back) if side.peer is None]
        first = next((s for s in absent if s.listener is not None), absent[0] if absent else self.front)
        self.told = f"{before}waiting for a {first.name} on {first.path}"

    def close(self) -> None:
        """Listen no more."""
        self.front.close()
        self.back.close()

    def _came(self, loop: Loop, met: Met, side: Side, _events: int) -> None:
        assert side.listener is not None
        loop.forget(side.listener.fileno())
        side.here(side.listener.accept())
        self._next = 0.0
        if side.peer is not None:
            self.wanted(f"a {side.name} came; ")
        self.step(loop, met)

    def _call(self, side: Side, other: Side) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        try:
            side.here(connect(side.path))
        except OSError as error:
            self._next = now + RETRY_SECONDS
            why = f"no {side.name} on {side.path} ({(error.strerror or str(error)).lower()})"
            self.told = f"{why}; calling again"
            if other.peer is not None and now - other.since >= self._wait:
                other.drop()
                self.wanted(f"{why}; a {other.name} was sent away; ")

    def _leave(self, loop: Loop) -> None:
        """Nobody else is let in: whoever comes waits in the socket's queue."""
        for side in (self.front, self.back):
            if side.listener is not None:
                loop.forget(side.listener.fileno())
