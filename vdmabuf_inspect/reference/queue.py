"""One virtqueue of the reference device: what the front end told of it, and its ring while it runs."""

import os
from contextlib import suppress

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.device_ring import DeviceRing
from vdmabuf_inspect.reference.inflight_region import InflightRegion
from vdmabuf_inspect.reference.kinds import Kind, common_options, kind_of
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import Complain, Meet, as_it_is
from vdmabuf_inspect.vhost_user.payload import VringAddress


class Queue:
    """Owns its eventfds. `meet`, `complain` and `batch` are handed on to the ring."""

    def __init__(
        self, index: int, meet: Meet = as_it_is, complain: Complain = lambda text: None, batch: int = 1
    ) -> None:
        self.index = index
        self.size = 0
        self.base: int | None = None
        """Where the ring stands, as SET_VRING_BASE and GET_VRING_BASE tell it; None for a new one."""
        self.told: int | None = None
        """Where it stopped, as the front end was told, from where it may go on; None once it runs or cannot."""
        self.enabled = False
        self.address: VringAddress | None = None
        self.ring: DeviceRing | None = None
        self._meet, self._complain, self._batch = meet, complain, batch
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

    def start(self, ram: Ram, features: int, region: InflightRegion | None = None) -> None:
        """Make the ring. Raises ValueError where its set-up is not complete or not in guest memory."""
        if not self.size or self.address is None:
            raise ValueError(f"queue {self.index} has no size or no address")
        self.told, kind = None, kind_of(features)
        place = self._place(ram, self.address, kind)
        outside = [f"{size} bytes at {gpa:#x}" for gpa, size in place.parts if not ram.covers(gpa, size)]
        if outside:
            raise ValueError(f"queue {self.index}: ring outside guest memory: {', '.join(outside)}")
        self.ring = kind.device(
            ram,
            place,
            **common_options(features),
            indirect=bool(features & Feature.INDIRECT_DESC),
            batch=self._batch,
            base=place.base if self.base is None else self.base,
            inflight=region.part(self.index, self.size) if region else None,
            notify=self.call,
            meet=self._meet,
            complain=self._complain,
        )

    def stop(self) -> None:
        """Let go of the ring and remember where it stood."""
        if self.ring is not None:
            self.base = self.ring.base
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

    def _place(self, ram: Ram, address: VringAddress, kind: Kind) -> Place | PackedPlace:
        parts = [ram.gpa_of(uva) for uva in (address.desc, address.avail, address.used)]
        if None in parts:
            raise ValueError(f"queue {self.index}: a ring address is in no memory region")
        desc, avail, used = (part or 0 for part in parts)
        return kind.place(self.size, desc, avail, used)
