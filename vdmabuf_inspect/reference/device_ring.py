"""The device's side of a virtqueue of either kind; nothing that a driver writes there makes it raise."""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import NEXT, WRITE, Desc, Part, Place
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import CallStep, Complain, Meet, UsedStep, as_it_is


@dataclass
class Chain:
    """A chain as the device read it; one with a `problem` is not to be acted on.

    `head` is the number by which it is returned, `slots` how many descriptors of the ring it takes.
    """

    head: int
    readable: list[Part] = field(default_factory=list)
    writable: list[Part] = field(default_factory=list)
    problem: str = ""
    slots: int = 1
    entry: int | None = None
    """Where the in-flight region has it; None where it has not."""


@dataclass
class Return:
    """A used element still to be written."""

    head: int
    length: int
    due: float
    slots: int = 1
    entry: int | None = None
    alone: bool = True
    """It must not be left out of a batch: the driver wants to know its length."""


def entries_of(returns: Sequence[Return]) -> list[int]:
    """Where the in-flight region has them."""
    return [each.entry for each in returns if each.entry is not None]


class DeviceRing(ABC):
    """Takes chains and returns them. `notify` calls the driver; `complain` hears of what makes no sense.

    With `in_order`, up to `batch` chains without device-writable parts are returned by one used element.
    """

    place: Place | PackedPlace

    def __init__(
        self,
        ram: Ram,
        *,
        event_idx: bool = False,
        indirect: bool = False,
        in_order: bool = False,
        batch: int = 1,
        notify: Callable[[], None] = lambda: None,
        meet: Meet = as_it_is,
        complain: Complain = lambda text: None,
    ) -> None:
        self.ram = ram
        self.event_idx, self.indirect, self.in_order = event_idx, indirect, in_order
        self.notify, self._meet, self._complain = notify, meet, complain
        self._room = batch if in_order else 1
        self._again: deque[Chain] = deque()
        """Chains that an earlier device had taken and not returned."""
        self._batch: list[Return] = []
        self._delayed: list[Return] = []
        self._behind: Return | None = None

    @property
    @abstractmethod
    def base(self) -> int:
        """Where the ring stands, as GET_VRING_BASE tells it."""

    @abstractmethod
    def waiting(self) -> int:
        """Chains made available and not taken, as far as is known; asks for a kick when there are none."""

    @abstractmethod
    def _read(self) -> Chain:
        """The next chain, which is there. Raises FaultError where the ring itself cannot be read."""

    @abstractmethod
    def _advance(self, chain: Chain) -> None:
        """The next chain was taken."""

    @abstractmethod
    def _write(self, entries: list[Return]) -> None:
        """Write one used element for these chains and call the driver when it wants it."""

    @abstractmethod
    def rewrite(self) -> None:
        """Return the next chain, or one that is not there, untouched and without a call: only a fault does that."""

    def pop(self) -> Chain | None:
        """The next chain, taken; None when there is none."""
        chain = self.peek()
        if chain is not None:
            if self._again:
                self._again.popleft()
            else:
                self._advance(chain)
            if chain.problem:
                self._complain(f"chain {chain.head}: {chain.problem}")
        return chain

    def peek(self) -> Chain | None:
        """The next chain, which stays where it is; None when there is none."""
        if self._again:
            return self._again[0]
        if not self.waiting():
            return None
        try:
            return self._read()
        except FaultError as fault:
            self._complain(str(fault))
            return None

    def push(self, chain: Chain, length: int, message: bytes | None = None, request: bool = False) -> None:
        """Return a chain with `length` written bytes and call the driver when it wants it (2.7.8.2, 2.7.7.2).

        `message` is what was written, `request` says that the chain brought one.
        """
        step = UsedStep(
            self.ram, self.place.size, chain.head, length, chain.readable, chain.writable, message, self.in_order,
            request, self.place.packed,
        )  # fmt: skip
        self._meet(step)
        if step.drop or not (self.place.packed or chain.head < self.place.size):
            return
        alone = bool(chain.writable) or bool(step.length)
        entry = Return(step.head, step.length, time.monotonic() + step.delay, chain.slots, chain.entry, alone)
        if step.delay:
            self._delayed.append(entry)
        elif step.behind and self._behind is None:
            self._behind = entry
        else:
            self._give(entry)
            if self._behind:
                entry, self._behind = self._behind, None
                self._give(entry)

    def tick(self) -> None:
        """Write what was gathered for a batch, and the returns whose delay is over."""
        self._flush()
        due = [entry for entry in self._delayed if entry.due <= time.monotonic()]
        self._delayed = [entry for entry in self._delayed if entry not in due]
        for entry in due:
            self._write([entry])

    def _give(self, entry: Return) -> None:
        if entry.alone:
            self._flush()
            self._write([entry])
            return
        self._batch.append(entry)
        if len(self._batch) >= self._room:
            self._flush()

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._write(batch)

    def _call(self, wanted: bool) -> None:
        step = CallStep()
        if wanted:
            self._meet(step)
            if not step.skip:
                self.notify()

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
