"""The device's side of a split virtqueue; nothing that a driver writes there makes it raise (virtio 1.2, 2.7)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, NO_NOTIFY, USED_ELEMENT, WRITE, Desc, Part, Place, crossed
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import CallStep, Complain, Meet, ReturnedStep, UsedStep, as_it_is


@dataclass
class Chain:
    """A chain as the device read it; one with a `problem` is not to be acted on."""

    head: int
    readable: list[Part] = field(default_factory=list)
    writable: list[Part] = field(default_factory=list)
    problem: str = ""


@dataclass
class _Return:
    """A used element still to be written."""

    head: int
    length: int
    due: float


class DeviceRing:
    """Takes chains and returns them. `notify` calls the driver; `complain` hears of what makes no sense."""

    def __init__(
        self,
        ram: Ram,
        place: Place,
        *,
        event_idx: bool = False,
        indirect: bool = False,
        in_order: bool = False,
        base: int = 0,
        notify: Callable[[], None] = lambda: None,
        meet: Meet = as_it_is,
        complain: Complain = lambda text: None,
    ) -> None:
        self.ram, self.place = ram, place
        self.event_idx, self.indirect, self.in_order = event_idx, indirect, in_order
        self.seen_idx = base
        """Free-running index of the next available entry to take; GET_VRING_BASE tells it."""
        self.used_idx = ram.load16(place.used + 2)
        self.notify, self._meet, self._complain = notify, meet, complain
        self._delayed: list[_Return] = []
        self._behind: _Return | None = None

    def waiting(self) -> int:
        """Chains made available and not taken; asks for a kick when there are none (2.7.10)."""
        fresh = self._fresh()
        if fresh == 0 and self.event_idx:
            self.ram.store16(self.place.avail_event, self.seen_idx)
            fresh = self._fresh()
        if fresh > self.place.size:
            self._complain(f"avail.idx is {fresh} ahead, the queue holds {self.place.size}")
            return 0
        return fresh

    def pop(self) -> Chain | None:
        """The next chain, taken; None when there is none."""
        chain = self.peek()
        if chain is not None:
            self.seen_idx = (self.seen_idx + 1) & 0xFFFF
            if chain.problem:
                self._complain(f"chain {chain.head}: {chain.problem}")
        return chain

    def peek(self) -> Chain | None:
        """The next chain, which stays where it is; None when there is none."""
        if not self.waiting():
            return None
        try:
            chain = Chain(self.ram.load16(self.place.available(self.seen_idx)))
        except FaultError as fault:
            self._complain(str(fault))
            return None
        try:
            self._walk(chain)
        except FaultError as fault:
            chain.problem = str(fault)
        return chain

    def push(self, chain: Chain, length: int, message: bytes | None = None, request: bool = False) -> None:
        """Return a chain with `length` written bytes and call the driver when it wants it (2.7.8.2, 2.7.7.2).

        `message` is what was written, `request` says that the chain brought one.
        """
        step = UsedStep(
            self.ram,
            self.place.size,
            chain.head,
            length,
            chain.readable,
            chain.writable,
            message,
            self.in_order,
            request,
        )
        self._meet(step)
        if chain.head >= self.place.size or step.drop:
            return
        entry = _Return(step.head, step.length, time.monotonic() + step.delay)
        if step.delay:
            self._delayed.append(entry)
        elif step.behind and self._behind is None:
            self._behind = entry
        else:
            self._write(entry)
            if self._behind:
                entry, self._behind = self._behind, None
                self._write(entry)

    def tick(self) -> None:
        """Write the returns whose delay is over."""
        due = [entry for entry in self._delayed if entry.due <= time.monotonic()]
        self._delayed = [entry for entry in self._delayed if entry not in due]
        for entry in due:
            self._write(entry)

    def _write(self, entry: _Return) -> None:
        old = self.used_idx
        try:
            element = USED_ELEMENT.pack(entry.head & 0xFFFFFFFF, entry.length)
            self.ram.write(self.place.element(old), element)
        except FaultError as fault:
            self._complain(str(fault))
            return
        self.used_idx = (old + 1) & 0xFFFF
        self.ram.store16(self.place.used + 2, self.used_idx)
        self._call(old)
        self._meet(ReturnedStep(self.ram, self.place, self.used_idx, self._avail_idx(), self.notify))

    def _call(self, old: int) -> None:
        step = CallStep()
        if self._call_wanted(old):
            self._meet(step)
            if not step.skip:
                self.notify()

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

    def _refuse_indirect(self, desc: Desc, nested: bool) -> str:
        if not self.indirect:
            self._complain("indirect descriptor, which was not negotiated (2.7.5.3.1)")
        if nested or desc.flags & NEXT:
            return "indirect descriptor that is nested or has a next one (2.7.5.3.1)"
        return "" if desc.len and desc.len % 16 == 0 else f"indirect table of {desc.len} bytes (2.7.5.3)"

    def _take_part(self, chain: Chain, desc: Desc) -> str:
        part = Part(desc.addr, desc.len, bool(desc.flags & WRITE))
        if chain.writable and not part.writable:
            return "readable part behind a writable one (2.7.4.2)"
        if not self.ram.covers(part.addr, part.len):
            return f"{part.len} bytes at {part.addr:#x} are not in guest memory"
        (chain.writable if part.writable else chain.readable).append(part)
        return ""


def _refuse_next(desc: Desc, entries: int, steps: int, size: int) -> str:
    if not desc.flags & NEXT:
        return ""
    if desc.next >= entries:
        return f"next is {desc.next}, the table has {entries} entries"
    return "longer than the queue: a loop" if steps >= size else ""
