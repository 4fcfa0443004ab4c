"""The driver's side of a packed virtqueue (virtio 1.2, 2.8.17 to 2.8.22)."""

import time
from collections import deque
from typing import Any

from vdmabuf_inspect.reference.driver_ring import DriverRing, Given
from vdmabuf_inspect.reference.packed_place import AVAIL, DISABLE, ENABLE, EVENT, FLAGS, USED, PackedPlace
from vdmabuf_inspect.reference.place import WRITE, Desc
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ChainStep, Slot, SlotsStep


class PackedDriverRing(DriverRing):
    """Descriptors are used round and round, buffer IDs first in, first out."""

    place: PackedPlace

    def __init__(self, ram: Ram, place: PackedPlace, **common: Any) -> None:
        super().__init__(ram, **common)
        self.place = place
        self._avail = self._used = self._kicked_at = 0
        self._room = place.size
        self._numbers = deque(range(place.size))

    @property
    def room(self) -> int:
        """Free descriptors."""
        return self._room

    @property
    def avail_idx(self) -> int:
        """Descriptor and wrap counter where the next chain goes."""
        return self.place.word(self._avail)

    @property
    def base(self) -> int:
        """Where a device that comes anew is to go on: with the oldest chain that is not collected."""
        return self.place.base_of(self._used, self._used)

    def collect(self) -> list[Given]:
        """The chains that the device returned since the last time, in its order."""
        returned: list[Given] = []
        while True:
            self._hush()
            while self._is_used():
                returned += self._take_one()
            self._ask()
            if not self._is_used():
                return returned

    def _hush(self) -> None:
        """No interrupts while we look anyway."""
        if not self.event_idx:
            self.ram.store16(self.place.avail + 2, DISABLE)

    def _ask(self) -> None:
        """Ask for an interrupt with the next used descriptor (2.8.10)."""
        if self.event_idx:
            self.ram.store16(self.place.avail, self.place.word(self._used))
        self.ram.store16(self.place.avail + 2, EVENT if self.event_idx else ENABLE)

    def _is_used(self) -> bool:
        flags = self.ram.load16(self.place.descriptor(self._used) + FLAGS)
        return bool(self.given) and flags & (AVAIL | USED) == self.place.returned(self._used)

    def _take_one(self) -> list[Given]:
        """One used descriptor, and the chains that it stands for; an unknown one is as long as the oldest chain."""
        _, length, number, flags = Desc.LAYOUT.unpack(self.ram.read(self.place.descriptor(self._used), 16))
        oldest = next(iter(self.given.values()))
        back = self._give_back(number, length if flags & WRITE else 0)
        self._used = self.place.after(self._used, sum(len(given.own) for given in back or [oldest]))
        return back

    def _reserve(self, count: int) -> tuple[int, list[int]]:
        return self._numbers.popleft(), [(self._avail + i) % self.place.size for i in range(count)]

    def _spare(self) -> int | None:
        return (self._avail + 1) % self.place.size if self._room > 1 else None

    def _write(self, step: ChainStep, given: Given) -> None:
        """All but the flags of the first descriptor, then those (2.8.17)."""
        given.own = list(step.table)
        slots = SlotsStep(self.ram, self.place, self._slots(step), step.request)
        self._meet(slots)
        for slot in reversed(slots.slots):
            self.ram.write(slot.at, slot.body)
            self.ram.store16(slot.at + FLAGS, slot.flags)
        self._avail = self.place.after(self._avail, len(given.own))
        self._room -= len(given.own)
        if slots.linger:
            time.sleep(slots.linger)

    def _slots(self, step: ChainStep) -> list[Slot]:
        positions = [self.place.after(self._avail, i) for i in range(len(step.table))]
        return [
            Slot(self.place.descriptor(position), desc, step.number, desc.flags | self.place.available(position))
            for position, desc in zip(positions, step.table.values(), strict=True)
        ]

    def _free(self, given: Given) -> None:
        self._room += len(given.own)
        self._numbers.append(given.head)

    def _kick_wanted(self) -> bool:
        old, self._kicked_at = self._kicked_at, self._avail
        asked = self.ram.load16(self.place.used + 2) & 3
        if asked == EVENT and self.event_idx:
            return self.place.crossed(self.place.position(self.ram.load16(self.place.used)), self._avail, old)
        return asked != DISABLE
