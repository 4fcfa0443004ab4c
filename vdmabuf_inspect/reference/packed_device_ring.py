"""The device's side of a packed virtqueue (virtio 1.2, 2.8)."""

from typing import Any

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.device_ring import Chain, DeviceRing, Return
from vdmabuf_inspect.reference.packed_place import AVAIL, DISABLE, ENABLE, EVENT, FLAGS, USED, PackedPlace
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, WRITE, Desc
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import AskStep, ReturnedStep


class PackedDeviceRing(DeviceRing):
    """`base` tells both positions, see PackedPlace.positions."""

    place: PackedPlace

    def __init__(self, ram: Ram, place: PackedPlace, *, base: int = PackedPlace.base, **common: Any) -> None:
        super().__init__(ram, **common)
        self.place = place
        self._seen, self._used = place.positions(base)
        self._asked: int | None = None
        """Flags of our event structure as last written."""

    @property
    def base(self) -> int:
        """Where the ring stands, as GET_VRING_BASE tells it."""
        return self.place.base_of(self._seen, self._used)

    def waiting(self) -> int:
        """Whether there is a chain to take; asks for a kick when there is none (2.8.10)."""
        if not self._is_available():
            self._ask()
        return int(self._is_available())

    def rewrite(self) -> None:
        """Write a used descriptor for nothing, without a call."""
        at = self.place.descriptor(self._used)
        self.ram.write(at + 8, bytes(6))
        self.ram.store16(at + FLAGS, self.place.returned(self._used))

    def _is_available(self) -> bool:
        flags = self.ram.load16(self.place.descriptor(self._seen) + FLAGS)
        return flags & (AVAIL | USED) == self.place.available(self._seen)

    def _ask(self) -> None:
        step = AskStep(self.ram, self.place, self.event_idx)
        self._meet(step)
        if self.event_idx and not step.skip:
            self.ram.store16(self.place.used, self.place.word(self._seen))
        self._set_events(EVENT if self.event_idx else ENABLE)

    def _set_events(self, flags: int) -> None:
        if flags != self._asked:
            self.ram.store16(self.place.used + 2, flags)
        self._asked = flags

    def _read(self) -> Chain:
        chain = Chain(0, slots=0)
        table = self._list(chain)
        if len(table) > 1 and any(desc.flags & INDIRECT for desc in table):
            chain.problem = "indirect descriptor in a list (2.8.7)"
        try:
            for desc in table if not chain.problem else ():
                chain.problem = chain.problem or self._take(chain, desc)
        except FaultError as fault:
            chain.problem = str(fault)
        return chain

    def _list(self, chain: Chain) -> list[Desc]:
        """The chain's own descriptors; the last one has the buffer ID (2.8.6)."""
        table: list[Desc] = []
        while not table or table[-1].flags & NEXT:
            if len(table) == self.place.size:
                chain.problem = "longer than the queue"
                break
            at = self.place.descriptor(self._seen + len(table))
            addr, length, chain.head, flags = Desc.LAYOUT.unpack(self.ram.read(at, 16))
            table.append(Desc(addr, length, flags))
        chain.slots = len(table)
        return table

    def _take(self, chain: Chain, desc: Desc) -> str:
        if not desc.flags & INDIRECT:
            return self._take_part(chain, desc)
        problem = self._refuse_indirect(desc, False)
        if problem or desc.len > 16 * self.place.size:
            return problem or "indirect table longer than the queue"
        inner = Desc.LAYOUT.iter_unpack(self.ram.read(desc.addr, desc.len))
        return next(
            filter(None, (self._take_inner(chain, Desc(addr, size, flags)) for addr, size, _, flags in inner)), ""
        )

    def _take_inner(self, chain: Chain, desc: Desc) -> str:
        return self._refuse_indirect(desc, True) if desc.flags & INDIRECT else self._take_part(chain, desc)

    def _advance(self, chain: Chain) -> None:
        self._seen = self.place.after(self._seen, chain.slots)
        if not self.event_idx:
            self._set_events(DISABLE)

    def _write(self, entries: list[Return]) -> None:
        """A batch is one descriptor in the first one's place, with the last one's number (2.8.8); flags last."""
        old, last = self._used, entries[-1]
        at = self.place.descriptor(old)
        flags = self.place.returned(old) | (WRITE if last.length else 0)
        self.ram.write(at + 8, Desc.LAYOUT.pack(0, last.length, last.head & 0xFFFF, 0)[8:FLAGS])
        self.ram.store16(at + FLAGS, flags)
        self._used = self.place.after(old, sum(entry.slots for entry in entries))
        self._call(self._call_wanted(old))
        step = ReturnedStep(self.ram, self.place, self.place.word(self._used), self.place.word(self._seen), self.notify)
        self._meet(step)

    def _call_wanted(self, old: int) -> bool:
        asked = self.ram.load16(self.place.avail + 2) & 3
        if asked == EVENT and self.event_idx:
            return self.place.crossed(self.place.position(self.ram.load16(self.place.avail)), self._used, old)
        return asked != DISABLE
