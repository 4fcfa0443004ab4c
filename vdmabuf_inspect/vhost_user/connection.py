"""Framed vhost-user messages over a UNIX stream socket; every file descriptor has one owner until it is closed."""

import array
import os
import select
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.vhost_user.wire import FD_LIMIT, HEADER, VERSION, Header, HeaderFlag

PAYLOAD_LIMIT = 1 << 16
"""Largest payload that is taken; the specification's largest is a shared memory configuration of 2 KiB."""
SEND_SECONDS = 10.0
_FD = array.array("i").itemsize


class Fds:
    """File descriptors that arrived with a message. They are closed with it unless they are taken."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._numbers = list(numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> tuple[int, ...]:
        """To look at or to pass on; they stay owned here."""
        return tuple(self._numbers)

    def add(self, numbers: Iterable[int]) -> None:
        """Own these too."""
        self._numbers += numbers

    def take(self) -> list[int]:
        """All of them; whoever calls owns them from here on."""
        numbers, self._numbers = self._numbers, []
        return numbers

    def close(self) -> None:
        """Close what was not taken."""
        for number in self.take():
            with suppress(OSError):
                os.close(number)

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Message:
    """One message, received or to be sent. As a context manager it closes the fds that nobody took."""

    request: int
    payload: bytes = b""
    flags: int = VERSION
    fds: Fds = field(default_factory=Fds, compare=False)

    @property
    def header(self) -> Header:
        """Its framing header."""
        return Header(self.request, self.flags, len(self.payload))

    def pack(self) -> bytes:
        """Header and payload, the bytes as they were received."""
        return self.header.pack() + self.payload

    def reply(self, payload: bytes) -> "Message":
        """The answer to this request."""
        return Message(self.request, payload, VERSION | HeaderFlag.REPLY)

    def __enter__(self) -> "Message":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.fds.close()


class Connection:
    """One end of a vhost-user socket, which it owns. Not for use by several threads at once.

    `poll` takes what has arrived and never blocks; `receive` waits. Both raise SourceError on bytes that are
    no vhost-user framing, after which the connection is of no more use.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._socket.setblocking(False)
        self._bytes = bytearray()
        self._fds = Fds()
        self.closed = False
        """The other end closed, or this one was closed."""

    def fileno(self) -> int:
        """For select and poll; -1 once closed."""
        return self._socket.fileno()

    def send(self, message: Message, fds: Sequence[int] | None = None) -> None:
        """Send a whole message with its own fds, or with `fds` instead; they stay open here.

        Raises ConnectionError when the other end is gone, TimeoutError when it does not read.
        """
        data = memoryview(message.pack())
        numbers = list(message.fds.numbers if fds is None else fds)
        deadline = time.monotonic() + SEND_SECONDS
        while data:
            try:
                sent = socket.send_fds(self._socket, [data], numbers, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
                continue
            data, numbers = data[sent:], []

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; None when the other end closed. Raises TimeoutError after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (message := self.poll()) is None and not self.closed:
            self._wait(select.POLLIN, deadline)
        return message

    def poll(self) -> Message | None:
        """A message when one is whole, None when not yet or when the other end closed (`closed` tells)."""
        while not self.closed:
            missing = self._missing()
            if missing == 0:
                return self._pop()
            try:
                data, fds, flags, _ = self._receive(missing)
            except BlockingIOError:
                return None
            except ConnectionError:
                data, fds, flags = b"", [], 0
            self._fds.add(fds)
            if flags & socket.MSG_CTRUNC:
                raise SourceError(f"a vhost-user message carries more than {FD_LIMIT} file descriptors")
            if not data:
                self.close()
            self._bytes += data
        return None

    def close(self) -> None:
        """Close the socket and every fd that arrived with an unfinished message. May be called again."""
        self.closed = True
        self._fds.close()
        self._socket.close()

    def _receive(self, size: int) -> tuple[bytes, list[int], int, object]:
        """As socket.recv_fds, but close-on-exec and never leaking what came with a cut control message."""
        data, ancillary, flags, address = self._socket.recvmsg(
            size, socket.CMSG_LEN(FD_LIMIT * _FD), socket.MSG_CMSG_CLOEXEC
        )
        fds = array.array("i")
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(content[: len(content) - len(content) % _FD])
        return data, list(fds), flags, address

    def _missing(self) -> int:
        """Bytes to read before the header, then the message, is whole. Never reads into the next message."""
        header = Header.parse(self._bytes)
        if header is None:
            return HEADER.size - len(self._bytes)
        if header.size > PAYLOAD_LIMIT:
            raise SourceError(f"vhost-user message {header.request} claims {header.size} bytes of payload")
        return HEADER.size + header.size - len(self._bytes)

    def _pop(self) -> Message:
        request, flags, _ = HEADER.unpack_from(self._bytes)
        message = Message(request, bytes(self._bytes[HEADER.size :]), flags, Fds(self._fds.take()))
        self._bytes.clear()
        return message

    def _wait(self, event: int, deadline: float | None) -> None:
        poller = select.poll()
        poller.register(self._socket, event)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not poller.poll(None if left is None else left * 1000):
            raise TimeoutError("the vhost-user peer does not answer")
