"""The driver's side of a split virtqueue (virtio 1.2, 2.7.13 and 2.7.14)."""

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.driver_ring import DriverRing, Given
from vdmabuf_inspect.reference.place import NO_NOTIFY, USED_ELEMENT, Place, crossed
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ChainStep, PublishedStep


class SplitDriverRing(DriverRing):
    """Descriptors are reused first in, first out; `reserved` ones are left alone."""

    place: Place

    def __init__(self, ram: Ram, place: Place, *, reserved: Collection[int] = (), **common: Any) -> None:
        super().__init__(ram, **common)
        self.place = place
        self.used_idx = self._avail = self._kicked_at = 0
        self._spares = deque(i for i in range(place.size) if i not in reserved)

    @property
    def room(self) -> int:
        """Free descriptors."""
        return len(self._spares)

    @property
    def avail_idx(self) -> int:
        """Free-running index of the next available entry."""
        return self._avail

    @property
    def base(self) -> int:
        """Where a device that comes anew is to go on: with the chain behind the last returned one."""
        return self.ram.load16(self.place.used + 2)

    def publish(self, head: int) -> None:
        """Write an available entry, then the index."""
        self.ram.store16(self.place.available(self._avail), head)
        self._avail = (self._avail + 1) & 0xFFFF
        self.ram.store16(self.place.avail + 2, self._avail)

    def collect(self) -> list[Given]:
        """The chains that the device returned since the last time, in its order."""
        returned: list[Given] = []
        while True:
            fresh = (self.ram.load16(self.place.used + 2) - self.used_idx) & 0xFFFF
            if fresh > len(self.given):
                self._complain(f"used.idx is {fresh} ahead of what was collected, {len(self.given)} are outstanding")
                return returned
            while fresh > 0:
                back = self._take_one()
                fresh -= max(1, len(back))
                returned += back
            if self.event_idx:
                self.ram.store16(self.place.used_event, self.used_idx)
            if not self._unseen():
                return returned

    def _unseen(self) -> int:
        return (self.ram.load16(self.place.used + 2) - self.used_idx) & 0xFFFF

    def _take_one(self) -> list[Given]:
        """One used element, and those that it stands for."""
        try:
            head, length = USED_ELEMENT.unpack(self.ram.read(self.place.element(self.used_idx), USED_ELEMENT.size))
        except FaultError:
            head, length = 0xFFFFFFFF, 0
        back = self._give_back(head, length)
        self.used_idx = (self.used_idx + max(1, len(back))) & 0xFFFF
        return back

    def _reserve(self, count: int) -> tuple[int, list[int]]:
        own = [self._spares.popleft() for _ in range(count)]
        return own[0], own

    def _spare(self) -> int | None:
        return self._spares[-1] if self._spares else None

    def _write(self, step: ChainStep, given: Given) -> None:
        for index, desc in step.table.items():
            self.ram.write(self.place.descriptor(index), desc.pack())
        self.publish(given.head)

    def _published(self, step: ChainStep) -> PublishedStep:
        return replace(super()._published(step), publish=self.publish)

    def _free(self, given: Given) -> None:
        self._spares.extend(given.own)

    def _kick_wanted(self) -> bool:
        old, self._kicked_at = self._kicked_at, self._avail
        if self.event_idx:
            return crossed(self.ram.load16(self.place.avail_event), self._avail, old)
        return not self.ram.load16(self.place.used) & NO_NOTIFY
