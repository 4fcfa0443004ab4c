"""The device's side of a packed virtqueue (virtio 1.2, 2.8)."""

from typing import Any

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.device_ring import Chain, DeviceRing, Return, entries_of
from vdmabuf_inspect.reference.packed_inflight import PackedTrack
from vdmabuf_inspect.reference.packed_place import AVAIL, DISABLE, ENABLE, EVENT, FLAGS, USED, PackedPlace
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, WRITE, Desc
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import AskStep, ReturnedStep


class PackedDeviceRing(DeviceRing):
    """`base` tells both positions, see PackedPlace.positions."""

    place: PackedPlace

    def __init__(
        self,
        ram: Ram,
        place: PackedPlace,
        *,
        base: int = PackedPlace.base,
        inflight: memoryview | None = None,
        **common: Any,
    ) -> None:
        """`inflight` is this queue's part of an in-flight region; what it has counts for more than `base`."""
        super().__init__(ram, **common)
        self.place = place
        self._seen, self._used = place.positions(base)
        self._asked: int | None = None
        """Flags of our event structure as last written."""
        self._track = PackedTrack(inflight or memoryview(bytearray(PackedTrack.room(place.size))), place)
        self._resume()

    @property
    def base(self) -> int:
        """Where the ring stands, as GET_VRING_BASE tells it."""
        return self.place.base_of(self._seen, self._used)

    def waiting(self) -> int:
        """Whether there is a chain to take; asks for a kick when there is none (2.8.10)."""
        if not self._is_available(self._seen):
            self._ask()
        return int(self._is_available(self._seen))

    def rewrite(self) -> None:
        """Return the next chain, or one that is not there, untouched and without a call."""
        chain, at = self.peek(), self.place.descriptor(self._used)
        self.ram.write(at + 8, Desc.LAYOUT.pack(0, 0, chain.head if chain else 0, 0)[8:FLAGS])
        self.ram.store16(at + FLAGS, self.place.returned(self._used))

    def _resume(self) -> None:
        new, started = self._track.is_new, self._track.started
        self._used, held = self._track.resume(self._used, self._is_available(started))
        self._again.extend(self._chain(chain.table, chain.number, chain.entry) for chain in held)
        if not new:
            self._seen = self.place.after(self._used, sum(chain.slots for chain in self._again))

    def _is_available(self, position: int) -> bool:
        flags = self.ram.load16(self.place.descriptor(position) + FLAGS)
        return flags & (AVAIL | USED) == self.place.available(position)

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
        return self._chain(*self._list())

    def _chain(self, table: list[Desc], number: int, entry: int | None = None) -> Chain:
        chain = Chain(number, slots=len(table), entry=entry)
        if not table or table[-1].flags & NEXT:
            chain.problem = "longer than the queue"
        if len(table) > 1 and any(desc.flags & INDIRECT for desc in table):
            chain.problem = "indirect descriptor in a list (2.8.7)"
        try:
            for desc in table if not chain.problem else ():
                chain.problem = chain.problem or self._take(chain, desc)
        except FaultError as fault:
            chain.problem = str(fault)
        return chain

    def _list(self) -> tuple[list[Desc], int]:
        """The next chain's own descriptors, no more than the ring has; the last one has the buffer ID (2.8.6)."""
        table: list[Desc] = []
        number = 0
        while not table or (table[-1].flags & NEXT and len(table) < self.place.size):
            at = self.place.descriptor(self._seen + len(table))
            addr, length, number, flags = Desc.LAYOUT.unpack(self.ram.read(at, 16))
            table.append(Desc(addr, length, flags))
        return table, number

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
        chain.entry = self._track.take(*self._list())
        self._seen = self.place.after(self._seen, chain.slots)
        if not self.event_idx:
            self._set_events(DISABLE)

    def _write(self, entries: list[Return]) -> None:
        """A batch is one descriptor in the first one's place, with the last one's number (2.8.8); flags last."""
        old, last = self._used, entries[-1]
        at = self.place.descriptor(old)
        flags = self.place.returned(old) | (WRITE if last.length else 0)
        self.ram.write(at + 8, Desc.LAYOUT.pack(0, last.length, last.head & 0xFFFF, 0)[8:FLAGS])
        self._used = self.place.after(old, sum(entry.slots for entry in entries))
        tracked = entries_of(entries)
        self._track.returning(tracked, self._used)
        self.ram.store16(at + FLAGS, flags)
        self._track.returned(tracked)
        self._call(self._call_wanted(old))
        step = ReturnedStep(self.ram, self.place, self.place.word(self._used), self.place.word(self._seen), self.notify)
        self._meet(step)

    def _call_wanted(self, old: int) -> bool:
        asked = self.ram.load16(self.place.avail + 2) & 3
        if asked == EVENT and self.event_idx:
            return self.place.crossed(self.place.position(self.ram.load16(self.place.avail)), self._used, old)
        return asked != DISABLE
