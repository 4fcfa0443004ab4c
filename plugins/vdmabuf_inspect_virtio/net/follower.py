"""What a virtio-net message is: a frame of some kind, a further buffer of one, a control command."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net import features as f
from vdmabuf_inspect_virtio.net.control import CONTROL
from vdmabuf_inspect_virtio.net.frames import ECN, FRAMES, GSO, INSIDE, MORE

_INSIDE_IP = {6: "TCP", 17: "UDP", 1: "ICMP"}
_INSIDE_IP6 = {6: "TCP6", 17: "UDP6", 58: "ICMP6"}
_PLAUSIBLE = [kind | ecn for kind in GSO.values() for ecn in (0, ECN)]


class Follower:
    """Remembers of each receive queue how many buffers of its last frame are still to come.

    Leaves the note `frame`: the messages that begin with a header.
    """

    def __init__(self) -> None:
        self._left: dict[int, int] = {}

    def __call__(self, m: api.Messages) -> None:
        """Say which command each message is."""
        size = f.header_size(m.features)
        begins = m.command == m.protocol.place(FRAMES[size]["FRAME"])
        if f.many_queues(m.features):
            begins &= ~_control(m)
        if f.has(m.features, f.MRG_RXBUF):
            more = self._continued(m, begins & m.from_device)
            m.command[more] = m.protocol.place(MORE)
            begins &= ~more
        for name, mask in _kinds(m, size + 12).items():
            m.command[begins & mask] = m.protocol.place(FRAMES[size][name])
        m.notes["frame"] = begins

    def _continued(self, m: api.Messages, received: api.Array) -> api.Array:
        """Mask: buffers that go on with the frame before them."""
        result = np.zeros(len(m), bool)
        count = np.where(_believable(m), np.maximum(m.number(10, 2), 1), 1)
        queue = m.events.queue[m.at]
        for number in np.unique(queue[received]).tolist():
            rows = np.flatnonzero(received & (queue == number))
            left = self._left.get(number, 0)
            for stretch, whole in _stretches(m, rows, number):
                mask, left = continued(count[stretch], left if whole else 0)
                result[stretch[mask]] = True
            self._left[number] = left
        return result


def continued(count: api.Array, left: int) -> tuple[api.Array, int]:
    """(mask of the buffers that are no first ones, how many are still to come after the last).

    count: int64[n], buffers of the frame that would begin at each; left: those still to come before the first.
    """
    n = len(count)
    mask = np.zeros(n, bool)
    mask[:left] = True
    several = np.flatnonzero(count > 1)
    at = left
    while at < n:
        place = int(np.searchsorted(several, at))
        if place == len(several):
            return mask, 0
        first = int(several[place])
        at = first + int(count[first])
        mask[first + 1 : at] = True
    return mask, at - n


def _stretches(m: api.Messages, rows: api.Array, queue: int) -> list[tuple[api.Array, bool]]:
    """The rows of one queue cut where something was missed; whether each goes on with what was before it."""
    gaps = np.flatnonzero(m.events.missed & (m.events.queue == queue))
    parts = np.split(rows, np.searchsorted(m.at[rows], gaps))
    return [(part, number == 0) for number, part in enumerate(parts)]


def _believable(m: api.Messages) -> api.Array:
    """Mask: what stands first may be a header, and its bytes may be believed."""
    return np.asarray((m.number(0, 1) < 8) & np.isin(m.number(1, 1), _PLAUSIBLE) & ~m.stale)


def _control(m: api.Messages) -> api.Array:
    """Mask: messages of the control queue: chains with readable bytes on a queue of even number (5.1.2)."""
    mine = (m.events.queue[m.at] % 2 == 0) & (m.events.readable[m.at] > 0)
    code = np.where(m.requests, m.first(2), -1)
    for command in reversed(CONTROL):
        there = mine if command.code is None else mine & (code == command.code)
        m.command[there] = m.protocol.place(command)
    return np.asarray(mine)


def _kinds(m: api.Messages, at: int) -> dict[str, api.Array]:
    """By name, the masks of the frames whose EtherType, at byte `at`, and what follows say that they are this."""
    ethertype, head = m.number(at, 2, big=True), m.number(at + 2, 1)
    plain = (head == 0x45) & (m.number(at + 8, 2, big=True) & 0x1FFF == 0)
    four, six = ethertype == 0x0800, ethertype == 0x86DD
    kinds = {"VLAN": np.isin(ethertype, (0x8100, 0x88A8)), "ARP": ethertype == 0x0806, "IPV4": four, "IPV6": six}
    over, over6 = m.number(at + 11, 1), m.number(at + 8, 1)
    kinds |= {name: four & plain & (over == number) for number, name in _INSIDE_IP.items()}
    kinds |= {name: six & (over6 == number) for number, name in _INSIDE_IP6.items()}
    assert kinds.keys() <= INSIDE.keys()
    return kinds
