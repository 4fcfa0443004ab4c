"""One vhost-user session: front end and back end, the back end's own channel between them, and the observer."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from stat import S_ISSOCK

from vdmabuf_inspect.sources.base import Write
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user import requests
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.sources.vhost_user.observer import Observer
from vdmabuf_inspect.sources.vhost_user.relay import Peer, Relay
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.wire import Request

FRONT, BACK = "front end", "back end"
LEFT = "stopped"
"""Why a session ends that we end."""


class Session:
    """Everything between two peers. Usually the front end is the one that came; whoever speaks first is it."""

    def __init__(
        self, loop: Loop, came: socket.socket, called: socket.socket, options: SourceOptions, write: Write,
        named: Callable[[int, str], None], ended: Callable[[str], None], number: int = 1,
    ) -> None:  # fmt: skip
        self.observer = Observer(loop, options, write, named, number)
        self.messages = 0
        self._loop = loop
        self._ended = ended
        self._channel: Relay | None = None
        self._peers = (Peer(FRONT, came), Peer(BACK, called))
        self._relay = Relay(loop, *self._peers, self._observe, self._over)

    def begin(self) -> None:
        """Record that both are here."""
        for peer in self._peers:
            self.observer.meet(peer.name == BACK, f"{peer.name} connected")

    def end(self, why: str) -> None:
        """Close both peers."""
        self._relay.end(why)

    def status(self) -> str:
        """What is passed on and what is watched."""
        rings = self.observer.running
        watched = f"watching {len(rings)} queue{'s' * (len(rings) != 1)}" if rings else "no queue runs"
        parts = [f"connected, {self.messages} messages passed on", watched, self.observer.unwatched]
        if self.observer.seen.missed:
            parts.append(f"{self.observer.seen.missed} ring entries missed")
        return "; ".join(part for part in parts if part)

    def _observe(self, peer: Peer, message: Message) -> Message:
        if not self.messages and peer.name == BACK:
            for each, name in zip(self._peers, (BACK, FRONT), strict=True):
                each.name = name
        self.messages += 1
        if peer.name == BACK:
            requests.back(self.observer, message)
            return message
        requests.front(self.observer, message)
        return self._with_channel(message) if message.request == Request.SET_BACKEND_REQ_FD else message

    def _with_channel(self, message: Message) -> Message:
        """The same message with an end of our own pair; the front end's end is relayed to the other."""
        numbers = message.fds.numbers
        if len(numbers) != 1 or not _is_stream(numbers[0]):
            return message
        if self._channel is not None:
            self._channel.end("replaced")
        ours, theirs = socket.socketpair()
        front = socket.socket(fileno=message.fds.take()[0])
        pair = Peer(FRONT, front), Peer(BACK, ours)
        self._channel = Relay(self._loop, *pair, self._observe_channel, self._channel_over)
        return replace(message, fds=Fds([theirs.detach()]))

    def _observe_channel(self, peer: Peer, message: Message) -> Message:
        requests.channel(self.observer, message, back_end=peer.name == BACK)
        return message

    def _channel_over(self, _why: str) -> None:
        self._channel = None

    def _over(self, why: str) -> None:
        front = next(peer for peer in self._peers if peer.name == FRONT)
        if why == f"{BACK} closed" and front.gone():
            why = f"{FRONT} closed"  # both did, between two looks
        first = BACK if why.startswith(BACK) else FRONT
        self.observer.part(first == BACK, why)
        self.observer.close(well=why == f"{FRONT} closed", left=why == LEFT)
        if self._channel is not None:
            self._channel.end(why)
        self.observer.part(first != BACK, f"{FRONT if first == BACK else BACK} was closed in turn")
        self._ended(why)


def _is_stream(fd: int) -> bool:
    """A connected UNIX stream socket, so something that messages can be relayed on."""
    if not S_ISSOCK(os.fstat(fd).st_mode):
        return False
    with socket.socket(fileno=os.dup(fd)) as probe:
        return probe.family == socket.AF_UNIX and probe.type == socket.SOCK_STREAM
