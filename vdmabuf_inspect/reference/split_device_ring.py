"""The device's side of a split virtqueue (virtio 1.2, 2.7)."""

from typing import Any

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.device_ring import Chain, DeviceRing, Return, entries_of
from vdmabuf_inspect.reference.inflight import SplitTrack
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, NO_NOTIFY, USED_ELEMENT, Desc, Place, crossed
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import AskStep, ReturnedStep


class SplitDeviceRing(DeviceRing):
    """`base` is the free-running index of the next available entry to take."""

    place: Place

    def __init__(
        self, ram: Ram, place: Place, *, base: int = 0, inflight: memoryview | None = None, **common: Any
    ) -> None:
        """`inflight` is this queue's part of an in-flight region; what it has counts for more than `base`."""
        super().__init__(ram, **common)
        self.place = place
        self.seen_idx = base & 0xFFFF
        """Free-running index of the next available entry to take."""
        self.used_idx = ram.load16(place.used + 2)
        self._track = SplitTrack(inflight or memoryview(bytearray(SplitTrack.room(place.size))), place.size)
        self._resume()

    @property
    def base(self) -> int:
        """Where the ring stands, as GET_VRING_BASE tells it."""
        return self.seen_idx

    def waiting(self) -> int:
        """Chains made available and not taken; asks for a kick when there are none (2.7.10)."""
        fresh = self._fresh()
        if fresh == 0 and self.event_idx:
            self._ask()
            fresh = self._fresh()
        if fresh > self.place.size:
            self._complain(f"avail.idx is {fresh} ahead, the queue holds {self.place.size}")
            return 0
        return fresh

    def rewrite(self) -> None:
        """Return the next chain, or one that is not there, untouched and without a call."""
        chain = self.peek()
        self.ram.write(self.place.element(self.used_idx), USED_ELEMENT.pack(chain.head if chain else 0, 0))
        self.ram.store16(self.place.used + 2, self.used_idx + 1)

    def _resume(self) -> None:
        new = self._track.is_new
        held = self._track.resume(self.used_idx)
        if not new:
            self.seen_idx = (self.used_idx + len(held)) & 0xFFFF
        self._again.extend(map(self._chain, held))

    def _ask(self) -> None:
        step = AskStep(self.ram, self.place, self.event_idx)
        self._meet(step)
        if not step.skip:
            self.ram.store16(self.place.avail_event, self.seen_idx)

    def _read(self) -> Chain:
        return self._chain(self.ram.load16(self.place.available(self.seen_idx)))

    def _chain(self, head: int) -> Chain:
        chain = Chain(head, entry=head if head < self.place.size else None)
        try:
            self._walk(chain)
        except FaultError as fault:
            chain.problem = str(fault)
        return chain

    def _advance(self, chain: Chain) -> None:
        self._track.take(chain.head)
        self.seen_idx = (self.seen_idx + 1) & 0xFFFF

    def _write(self, entries: list[Return]) -> None:
        """A batch is one element in the first one's place, with the last one's number (2.7.9)."""
        old, last = self.used_idx, entries[-1]
        try:
            self.ram.write(self.place.element(old), USED_ELEMENT.pack(last.head & 0xFFFFFFFF, last.length))
        except FaultError as fault:
            self._complain(str(fault))
            return
        self.used_idx = (old + len(entries)) & 0xFFFF
        self._track.returning(entries_of(entries))
        self.ram.store16(self.place.used + 2, self.used_idx)
        self._track.returned(self.used_idx)
        self._call(self._call_wanted(old))
        self._meet(ReturnedStep(self.ram, self.place, self.used_idx, self._avail_idx(), self.notify))

    def _call_wanted(self, old: int) -> bool:
        if self.event_idx:
            return crossed(self.ram.load16(self.place.used_event), self.used_idx, old)
        return not self.ram.load16(self.place.avail) & NO_NOTIFY

    def _avail_idx(self) -> int:
        return self.ram.load16(self.place.avail + 2)

    def _fresh(self) -> int:
        return (self._avail_idx() - self.seen_idx) & 0xFFFF

    def _walk(self, chain: Chain) -> None:
        if chain.head >= self.place.size:
            chain.problem = f"head is not below {self.place.size}"
            return
        table, entries, index, steps, indirect = self.place.desc, self.place.size, chain.head, 0, False
        while True:
            desc = Desc(*Desc.LAYOUT.unpack(self.ram.read(table + 16 * index, 16)))
            steps += 1
            if desc.flags & INDIRECT:
                chain.problem = self._refuse_indirect(desc, indirect)
                table, entries, index, steps, indirect = desc.addr, desc.len // 16, 0, 0, True
            else:
                chain.problem = self._take_part(chain, desc) or _refuse_next(desc, entries, steps, self.place.size)
                index = desc.next
            if chain.problem or not desc.flags & (NEXT | INDIRECT):
                return


def _refuse_next(desc: Desc, entries: int, steps: int, size: int) -> str:
    if not desc.flags & NEXT:
        return ""
    if desc.next >= entries:
        return f"next is {desc.next}, the table has {entries} entries"
    return "longer than the queue: a loop" if steps >= size else ""
