"""The driver's side of a split virtqueue: descriptors in, used elements out (virtio 1.2, 2.7.13 and 2.7.14)."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from vdmabuf_inspect.errors import FaultError, InspectError
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, NO_NOTIFY, USED_ELEMENT, WRITE, Desc, Part, Place, crossed
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ChainStep, Complain, KickStep, Meet, PublishedStep, as_it_is


class RingFullError(InspectError):
    """No free descriptors: collect what the device returned, then try again."""


@dataclass
class Given:
    """A chain that the device has, or had; `tag` is the caller's."""

    head: int
    own: list[int]
    tag: Any = None
    spoilt: bool = False
    length: int = field(default=0)
    """Bytes the device says it wrote, once it was returned."""


class DriverRing:
    """Puts chains on a ring and takes them back; descriptors are reused first in, first out.

    `notify` kicks the device; `scratch(size)` gives memory for an indirect table; `complain` hears of used
    elements that make no sense, which are then left alone.
    """

    def __init__(
        self,
        ram: Ram,
        place: Place,
        *,
        event_idx: bool = False,
        notify: Callable[[], None] = lambda: None,
        scratch: Callable[[int], int] | None = None,
        reserved: Collection[int] = (),
        meet: Meet = as_it_is,
        complain: Complain = lambda text: None,
        outside: int = 0,
    ) -> None:
        self.ram, self.place, self.event_idx = ram, place, event_idx
        self.free = deque(i for i in range(place.size) if i not in reserved)
        self.given: dict[int, Given] = {}
        self.avail_idx = self.used_idx = 0
        self._notify, self._scratch, self._meet, self._complain = notify, scratch, meet, complain
        self._outside, self._kicked_at = outside, 0

    def add(self, parts: Collection[Part], tag: Any = None, indirect: bool = False, request: bool = True) -> Given:
        """Make one chain available and kick when the device wants it. Raises RingFullError.

        `request` says that it carries a message, and is not a buffer to receive one.
        """
        given, step = self._place(list(parts), tag, indirect, request)
        for index, desc in step.table.items():
            self.ram.write(self.place.descriptor(index), desc.pack())
        given.spoilt = step.spoilt
        self.publish(given.head)
        self.kick()
        writable = step.parts[-1].writable
        self._meet(
            PublishedStep(
                self.ram, self.place, given.head, self.avail_idx, writable, request, self._notify, self.publish
            )
        )
        return given

    def publish(self, head: int) -> None:
        """Write an available entry, then the index."""
        self.ram.store16(self.place.available(self.avail_idx), head)
        self.avail_idx = (self.avail_idx + 1) & 0xFFFF
        self.ram.store16(self.place.avail + 2, self.avail_idx)

    def kick(self) -> None:
        """Notify the device unless it asked not to be (2.7.10.1)."""
        step = KickStep()
        if self._kick_wanted():
            self._meet(step)
            if not step.skip:
                self._notify()
        self._kicked_at = self.avail_idx

    def collect(self) -> list[Given]:
        """The chains that the device returned since the last time, in its order."""
        returned: list[Given] = []
        while True:
            fresh = (self.ram.load16(self.place.used + 2) - self.used_idx) & 0xFFFF
            if fresh > len(self.given):
                self._complain(f"used.idx is {fresh} ahead of what was collected, {len(self.given)} are outstanding")
                return returned
            for _ in range(fresh):
                returned += self._take_one()
            if self.event_idx:
                self.ram.store16(self.place.used_event, self.used_idx)
            if not fresh:
                return returned

    def _take_one(self) -> list[Given]:
        try:
            head, length = USED_ELEMENT.unpack(self.ram.read(self.place.element(self.used_idx), USED_ELEMENT.size))
        except FaultError:
            head, length = 0xFFFFFFFF, 0
        self.used_idx = (self.used_idx + 1) & 0xFFFF
        given = self.given.pop(head, None)
        if given is None:
            self._complain(f"used element names head {head}, which is not outstanding")
            return []
        self.free.extend(given.own)
        given.length = length
        return [given]

    def _place(self, parts: list[Part], tag: Any, indirect: bool, request: bool) -> tuple[Given, ChainStep]:
        indirect = indirect and self._scratch is not None
        needed = 1 if indirect else len(parts)
        if needed > len(self.free):
            raise RingFullError(f"{needed} descriptors wanted, {len(self.free)} free")
        own = [self.free.popleft() for _ in range(needed)]
        table = self._indirect(own[0], parts) if indirect else _linked(own, parts)
        step = self._step(parts, table, own[0], indirect, request)
        given = self.given[own[0]] = Given(own[0], own, tag)
        self._meet(step)
        return given, step

    def _step(self, parts: list[Part], table: dict[int, Desc], head: int, indirect: bool, request: bool) -> ChainStep:
        return ChainStep(
            self.ram, self.place, parts, table, head, indirect, self._scratch or _no_scratch, list(self.given),
            self._outside, self.free[-1] if self.free else None, request=request, negotiated=self._scratch is not None,
        )  # fmt: skip

    def _indirect(self, head: int, parts: list[Part]) -> dict[int, Desc]:
        assert self._scratch is not None
        inner = _linked(list(range(len(parts))), parts)
        at = self._scratch(16 * len(parts))
        self.ram.write(at, b"".join(desc.pack() for desc in inner.values()))
        return {head: Desc(at, 16 * len(parts), INDIRECT)}

    def _kick_wanted(self) -> bool:
        if self.event_idx:
            return crossed(self.ram.load16(self.place.avail_event), self.avail_idx, self._kicked_at)
        return not self.ram.load16(self.place.used) & NO_NOTIFY


def _no_scratch(size: int) -> int:
    raise InspectError("no memory for indirect tables was given")


def _linked(numbers: list[int], parts: list[Part]) -> dict[int, Desc]:
    """Descriptors of a chain: readable parts come first in what every caller here gives (2.7.4.2)."""
    following = [*numbers[1:], None]
    return {
        number: Desc(part.addr, part.len, (WRITE if part.writable else 0) | (0 if then is None else NEXT), then or 0)
        for number, part, then in zip(numbers, parts, following, strict=True)
    }
