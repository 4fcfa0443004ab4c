"""Which connection each packet is of, and what each side of it may still send (virtio 1.2, 5.10.6.3)."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect import api

_MASK = 0xFFFFFFFF
REQUEST, SHUTDOWN, RW, LAST_OP = 1, 4, 5, 7


@dataclass
class _Side:
    """What one side of a connection has said last; bytes. `seen`: it has said anything."""

    sent: int = 0
    room: int = 0
    taken: int = 0
    seen: bool = False
    ended: bool = False


@dataclass
class _Connection:
    """Both sides, the driver's first. `whole`: it was seen being made, so that the bytes sent are counted right."""

    whole: bool = False
    opener: int = -1
    sides: tuple[_Side, _Side] = field(default_factory=lambda: (_Side(), _Side()))


class Connections:
    """Remembers every connection.

    Leaves the notes `flying` (bytes sent and, as far as was said, not taken yet, -1 where that is not known), `room`
    (the receiver's buffer, as it said last), `ended` (the sender had said that it sends no more), `opener` (0 the
    driver, 1 the device, -1 unknown), `crossed` (both sides speak of the connection in one look: which came first is
    inferred), `doubt` (packets that came back within the look at them and are not as long as
    they say: the driver may have freed them before they were read).
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], _Connection] = {}
        self._due: list[tuple[int, _Connection, int, int]] = []

    def __call__(self, m: api.Messages) -> None:
        """Name the connections, and count."""
        op = m.number(30, 2)
        doubt = m.freed & (m.number(24, 4) != m.size - 44)
        _name(m, ~doubt & (m.events.queue[m.at] < 2) & (op >= 1) & (op <= LAST_OP) & (m.kept >= 44) & ~m.stale)
        notes = {name: np.full(len(m), -1, np.int64) for name in ("flying", "room", "opener")}
        m.notes |= notes | {"ended": np.zeros(len(m), bool), "doubt": doubt}
        fields = (m.number(24, 4), op, m.number(32, 4), m.number(36, 4), m.number(40, 4))
        columns = np.stack([each.astype(np.int64) for each in (m.name, m.key, m.from_device, *fields)])
        look = m.events.time_ns[m.at]
        m.notes["crossed"] = _crossed(m, look)
        rows = np.flatnonzero(m.named).tolist()
        for place, (row, values) in enumerate(zip(rows, columns[:, rows].T.tolist(), strict=True)):
            self._packet(m, row, values)
            if place + 1 == len(rows) or look[rows[place + 1]] != look[row]:
                self._judge(m)

    def _packet(self, m: api.Messages, row: int, values: list[int]) -> None:
        name, key, side, size, op, flags, room, taken = values
        if op == REQUEST:
            self._known[name, key] = _Connection(True, side)
        connection = self._known.setdefault((name, key), _Connection())
        mine = connection.sides[side]
        m.notes["opener"][row] = connection.opener
        m.notes["ended"][row] = mine.ended
        mine.room, mine.taken, mine.seen = room, taken, True
        mine.ended |= op == SHUTDOWN and bool(flags & 2)
        if op == RW:
            mine.sent = (mine.sent + size) & _MASK
            self._due.append((row, connection, side, mine.sent))

    def _judge(self, m: api.Messages) -> None:
        """What was sent against what the other side had said by the end of the look, in which order is inferred.

        By then it may have taken what was sent later in the look, too.
        """
        for row, connection, side, sent in self._due:
            other = connection.sides[1 - side]
            if connection.whole and other.seen:
                flying = (sent - other.taken) & _MASK
                m.notes["flying"][row] = 0 if flying >> 31 else flying
                m.notes["room"][row] = other.room
        self._due.clear()


def _name(m: api.Messages, mask: api.Array) -> None:
    """A connection is the guest's port and the other's; its second number is their context IDs."""
    swap = m.from_device
    ports = [m.number(offset, 4) for offset in (16, 20)]
    cids = [m.number(offset, 8) & _MASK for offset in (0, 8)]
    m.named = np.asarray(mask)
    m.name, m.key = (
        np.where(mask, np.where(swap, b, a) << 32 | np.where(swap, a, b), 0).astype(np.uint64) for a, b in (ports, cids)
    )


def _crossed(m: api.Messages, look: api.Array) -> api.Array:
    """Mask: packets of connections of which both sides speak in the packet's look."""
    rows, crossed = np.flatnonzero(m.named), np.zeros(len(m), bool)
    if not len(rows):
        return crossed
    talk = np.stack([m.name.astype(np.int64), m.key.astype(np.int64), look.astype(np.int64)])[:, rows]
    kinds, place = np.unique(talk, axis=1, return_inverse=True)
    place = place.reshape(-1)
    told = [np.bincount(place[side], minlength=kinds.shape[1]) for side in (m.from_device[rows], m.requests[rows])]
    crossed[rows] = ((told[0] > 0) & (told[1] > 0))[place]
    return crossed
