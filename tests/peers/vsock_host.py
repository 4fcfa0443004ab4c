"""The host's end of a guest's stream sockets: one port returns what it is sent, others refuse (virtio 1.2, 5.10.6)."""

from collections import deque
from dataclasses import dataclass, field
from struct import Struct

HOST, PORT = 2, 1024
"""The host's context ID, and the port that is served."""
ROOM = 2048
"""Bytes of a connection's buffer at the host."""
MOST = 4096
"""Bytes in one packet at most: what a Linux guest's receive buffers hold."""
_HEADER = Struct("<QQIIIHHIII")
HEADER_SIZE = _HEADER.size
_STREAM = 1
REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST = range(1, 8)
_BOTH = 3


@dataclass
class _Connection:
    """Bytes: what the guest has room for and took, what was sent to it, what was taken from it and not returned yet."""

    room: int = 0
    their_taken: int = 0
    sent: int = 0
    taken: int = 0
    owed: bytearray = field(default_factory=bytearray)
    asked: bool = False
    closed: int = 0
    """What the guest does no more: 1 receive, 2 send."""

    @property
    def credit(self) -> int:
        return max(0, self.room - (self.sent - self.their_taken))


class Host:
    """Hears packets and has `outgoing` ones; counts 32-bit sums with no wrap, for short sessions."""

    def __init__(self, cid: int) -> None:
        self.outgoing: deque[bytes] = deque()
        self._cid = cid
        self._known: dict[tuple[int, int, int], _Connection] = {}

    def hear(self, packet: bytes) -> None:
        """Act on one packet of the guest."""
        cid, _, theirs, ours, size, kind, op, flags, room, taken = _HEADER.unpack_from(packet)
        key = cid, theirs, ours
        if op == REQUEST and kind == _STREAM and ours == PORT:
            self._known[key] = _Connection(room, taken)
            return self._say(key, RESPONSE)
        connection = self._known.get(key)
        if connection is None:
            return None if op == RST else self._say(key, RST)
        connection.room, connection.their_taken, connection.asked = room, taken, False
        if op == RW:
            connection.owed += packet[HEADER_SIZE : HEADER_SIZE + size]
        if op == CREDIT_REQUEST:
            self._say(key, CREDIT_UPDATE)
        self._close(key, connection, op, flags)
        return self._pay(key, connection)

    def _close(self, key: tuple[int, int, int], connection: _Connection, op: int, flags: int) -> None:
        """Once the guest neither sends nor receives, it is told that it was heard (5.10.6.6.1)."""
        if op == SHUTDOWN:
            connection.closed |= flags
        if op == RST or connection.closed & _BOTH == _BOTH:
            del self._known[key]
            connection.owed.clear()
            if op != RST:
                self._say(key, RST, connection)

    def _pay(self, key: tuple[int, int, int], connection: _Connection) -> None:
        """Return what is owed as far as the guest has room; ask for more once where it has not (5.10.6.3)."""
        while connection.owed and connection.credit:
            size = min(len(connection.owed), connection.credit, MOST)
            data = bytes(connection.owed[:size])
            del connection.owed[:size]
            connection.sent += size
            connection.taken += size
            self._say(key, RW, data=data)
        if connection.owed and not connection.asked:
            connection.asked = True
            self._say(key, CREDIT_REQUEST)

    def _say(
        self, key: tuple[int, int, int], op: int, connection: _Connection | None = None, data: bytes = b""
    ) -> None:
        cid, theirs, ours = key
        connection = connection or self._known.get(key)
        room, taken = (ROOM, connection.taken) if connection else (0, 0)
        head = _HEADER.pack(self._cid, cid, ours, theirs, len(data), _STREAM, op, 0, room, taken & 0xFFFFFFFF)
        self.outgoing.append(head + data)
