"""What a session has said of one virtqueue, and its notifications watched without ever being read."""

import os
import select
from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.group import RingWatcher
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.observation import Notices
from vdmabuf_inspect.sources.vhost_user.guest import SharedMemory
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.vhost_user.payload import VringAddress


class Bell:
    """An eventfd, duplicated and watched edge-triggered: its count stays for whom it is meant."""

    def __init__(self, loop: Loop) -> None:
        self.rung = 0
        """Edges seen since last taken; several notifications may make one edge."""
        self._loop = loop
        self._fd = -1
        self._held = 0

    def hang(self, fd: int) -> None:
        """Watch this one instead; it stays with the caller."""
        self.remove()
        self._fd = os.dup(fd)
        if not self._loop.watch(self._fd, select.EPOLLIN | select.EPOLLET, self._ring):
            self.remove()

    def remove(self) -> None:
        """Watch none."""
        if self._fd >= 0:
            self._loop.forget(self._fd)
            os.close(self._fd)
            self._fd = -1

    @property
    def hung(self) -> bool:
        """Whether there is an eventfd to hear."""
        return self._fd >= 0

    def hold(self, on: bool) -> None:
        """Keep back the edge of a notification that was there when it was hung, if there was one; or no more."""
        self._held = int(on and self.hung and _ready(self._fd))

    def take(self) -> int:
        """Edges since the last time."""
        rung, self.rung = max(0, self.rung - self._held), min(self.rung, self._held)
        return rung

    def _ring(self, events: int) -> None:
        self.rung += bool(events & select.EPOLLIN)


def _ready(fd: int) -> bool:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(0))


@dataclass(slots=True)
class Ring:
    """One virtqueue of a session."""

    index: int
    kick: Bell
    call: Bell
    size: int = 0
    base: int = 0
    stopped_at: int | None = None
    """Where the device said it stopped (GET_VRING_BASE), or the ring was disabled: `base` when it goes on."""
    address: VringAddress | None = None
    kickable: bool = False
    """SET_VRING_KICK came, with or without a file descriptor."""
    enabled: bool = False
    """The latest SET_VRING_ENABLE said so."""
    disabled_ns: int = 0
    """When it was disabled, 0 when it was not; what it had in work may still come back for a moment.

    A ring that was not enabled yet is watched from its kick on: back ends begin with that, and by the time that we
    hear of its being enabled the first requests may have been served."""
    unmapped: bool = False
    """Its addresses lie in no memory region."""
    watcher: RingWatcher | None = None
    """While it is watched."""
    told: bool = False
    """That they do was recorded."""
    started: bool = False
    """It was watched since it was last set up."""

    @property
    def heard(self) -> int:
        """Which of its notifications can be noticed."""
        return EventFlag.KICKS_HEARD * self.kick.hung | EventFlag.CALLS_HEARD * self.call.hung

    @property
    def rung(self) -> bool:
        """Whether there were notifications since the last time."""
        return bool(self.kick.rung or self.call.rung)

    def notices(self) -> Notices:
        """Notifications since the last time."""
        return Notices(self.kick.take(), self.call.take())

    @property
    def set_up(self) -> bool:
        """Everything that it takes to start, but being enabled."""
        return self.kickable and self.size > 0 and self.address is not None

    def begins(self, packed: bool) -> bool:
        """Whether the front end said that the device is to begin with the first entry (SET_VRING_BASE).

        On a packed ring that is slot 0, wrap counter 1, in both halves; DPDK leaves the upper one zero.
        """
        return self.base in ((0x80008000, 0x8000) if packed else (0,))

    def stop(self) -> None:
        """It takes a new SET_VRING_KICK to start again."""
        self.kickable = self.started = False
        self.disabled_ns = 0
        self.kick.take()

    def close(self) -> None:
        """Let go of the eventfds."""
        self.kick.remove()
        self.call.remove()

    def layout(self, memory: SharedMemory, features: int, name: str, device_id: int) -> QueueLayout | None:
        """Where it lies in guest memory; `unmapped` says that an address is in no region, and stands as it was told.

        None while the addresses are not known.
        """
        if self.address is None:
            return None
        desc, avail, used = (memory.gpa_of(a) for a in (self.address.desc, self.address.avail, self.address.used))
        self.unmapped = desc is None or avail is None or used is None
        if desc is None or avail is None or used is None:
            desc, avail, used = self.address.desc, self.address.avail, self.address.used
        features &= ~int(Feature.PROTOCOL_FEATURES)
        return QueueLayout(0, self.index, name, self.size, desc, avail, used, features, device_id)
