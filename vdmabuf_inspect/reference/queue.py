"""One virtqueue of the reference device: what the front end told of it, and its ring while it runs."""

import os
from contextlib import suppress

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.device_ring import DeviceRing
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import Complain, Meet, as_it_is
from vdmabuf_inspect.vhost_user.payload import VringAddress


class Queue:
    """Owns its eventfds. `meet` and `complain` are handed on to the ring."""

    def __init__(self, index: int, meet: Meet = as_it_is, complain: Complain = lambda text: None) -> None:
        self.index = index
        self.size = self.base = 0
        self.enabled = False
        self.address: VringAddress | None = None
        self.ring: DeviceRing | None = None
        self._meet, self._complain = meet, complain
        self._fds: dict[str, int] = {}

    @property
    def running(self) -> DeviceRing | None:
        """The ring while it may be used."""
        return self.ring if self.enabled else None

    @property
    def kick(self) -> int | None:
        """The eventfd by which the driver notifies the device."""
        return self._fds.get("kick")

    def set_fd(self, name: str, number: int | None) -> None:
        """Own an eventfd in place of an earlier one; `name` is kick, call or error."""
        old = self._fds.pop(name, None)
        if old is not None:
            os.close(old)
        if number is not None:
            os.set_blocking(number, False)
            self._fds[name] = number

    def start(self, ram: Ram, features: int) -> None:
        """Make the ring. Raises ValueError where its set-up is not complete or not in guest memory."""
        if not self.size or self.address is None:
            raise ValueError(f"queue {self.index} has no size or no address")
        place = self._place(ram, self.address)
        outside = [f"{size} bytes at {gpa:#x}" for gpa, size in place.parts if not ram.covers(gpa, size)]
        if outside:
            raise ValueError(f"queue {self.index}: ring outside guest memory: {', '.join(outside)}")
        self.ring = DeviceRing(
            ram,
            place,
            event_idx=bool(features & Feature.EVENT_IDX),
            indirect=bool(features & Feature.INDIRECT_DESC),
            in_order=bool(features & Feature.IN_ORDER),
            base=self.base,
            notify=self.call,
            meet=self._meet,
            complain=self._complain,
        )

    def stop(self) -> None:
        """Let go of the ring and remember where it stood."""
        if self.ring is not None:
            self.base = self.ring.seen_idx
        self.ring = None
        self.set_fd("kick", None)

    def call(self) -> None:
        """Notify the driver, if it has given an eventfd."""
        self._add_one("call")

    def drain_kicks(self) -> None:
        """Take the driver's notifications."""
        number = self.kick
        if number is not None:
            with suppress(OSError):
                os.eventfd_read(number)

    def close(self) -> None:
        """Close the eventfds."""
        self.stop()
        for name in list(self._fds):
            self.set_fd(name, None)

    def _add_one(self, name: str) -> None:
        if name in self._fds:
            with suppress(OSError):
                os.eventfd_write(self._fds[name], 1)

    def _place(self, ram: Ram, address: VringAddress) -> Place:
        parts = [ram.gpa_of(uva) for uva in (address.desc, address.avail, address.used)]
        if None in parts:
            raise ValueError(f"queue {self.index}: a ring address is in no memory region")
        desc, avail, used = (part or 0 for part in parts)
        return Place(self.size, desc, avail, used)
