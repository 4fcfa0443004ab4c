"""The driver's side of a virtqueue of either kind: chains in, those that the device returned out."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, WRITE, Desc, Part, Place
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ChainStep, Complain, KickStep, Meet, PublishedStep, as_it_is


class RingFullError(InspectError):
    """No free descriptors: collect what the device returned, then try again."""


@dataclass
class Given:
    """A chain that the device has, or had; `tag` is the caller's.

    `head` is the number by which the device returns it: its head descriptor, or its buffer ID on a packed ring.
    """

    head: int
    own: list[int]
    tag: Any = None
    writable: int = 0
    """Bytes that the device may write."""
    spoilt: bool = False
    length: int = 0
    """Bytes the device says it wrote, once it was returned."""


class DriverRing(ABC):
    """Puts chains on a ring and takes them back.

    `notify` kicks the device; `scratch(size)` gives memory for an indirect table; `complain` hears of used
    elements that make no sense, which are then left alone. With `in_order` one used element may return several.
    """

    place: Place | PackedPlace

    def __init__(
        self,
        ram: Ram,
        *,
        event_idx: bool = False,
        in_order: bool = False,
        notify: Callable[[], None] = lambda: None,
        scratch: Callable[[int], int] | None = None,
        meet: Meet = as_it_is,
        complain: Complain = lambda text: None,
        outside: int = 0,
    ) -> None:
        self.ram, self.event_idx, self.in_order = ram, event_idx, in_order
        self.given: dict[int, Given] = {}
        """Chains that the device has, by number, in the order in which they were made available."""
        self._notify, self._scratch, self._meet, self._complain = notify, scratch, meet, complain
        self._outside = outside

    @property
    @abstractmethod
    def room(self) -> int:
        """Free descriptors."""

    @property
    @abstractmethod
    def avail_idx(self) -> int:
        """Where the next chain goes: a free-running index, or a descriptor and wrap counter on a packed ring."""

    @property
    @abstractmethod
    def base(self) -> int:
        """Where a device that comes anew is to go on: at the oldest chain that is not returned and collected."""

    @abstractmethod
    def collect(self) -> list[Given]:
        """The chains that the device returned since the last time, in its order."""

    def add(self, parts: Collection[Part], tag: Any = None, indirect: bool = False, request: bool = True) -> Given:
        """Make one chain available and kick when the device wants it. Raises RingFullError.

        `request` says that it carries a message, and is not a buffer to receive one.
        """
        step = self._prepare(list(parts), indirect and self._scratch is not None, request)
        room = sum(part.len for part in parts if part.writable)
        given = self.given[step.number] = Given(step.number, list(step.table), tag, room)
        self._meet(step)
        given.spoilt = step.spoilt
        self._write(step, given)
        if step.linger:
            time.sleep(step.linger)
        self.kick()
        self._meet(self._published(step))
        return given

    def kick(self) -> None:
        """Notify the device unless it asked not to be (2.7.10.1, 2.8.10)."""
        step = KickStep(self._kick_wanted())
        self._meet(step)
        if step.kick:
            self._notify()

    @abstractmethod
    def _reserve(self, count: int) -> tuple[int, list[int]]:
        """A number for a chain and so many free descriptors for it."""

    @abstractmethod
    def _spare(self) -> int | None:
        """A free descriptor that could be used besides."""

    @abstractmethod
    def _write(self, step: ChainStep, given: Given) -> None:
        """Write the chain's descriptors and make it available."""

    @abstractmethod
    def _kick_wanted(self) -> bool:
        """Whether the device wants to hear of what was made available since the last time."""

    @abstractmethod
    def _free(self, given: Given) -> None:
        """Its descriptors may be used again."""

    def _published(self, step: ChainStep) -> PublishedStep:
        return PublishedStep(
            self.ram, self.place, step.head, self.avail_idx, step.parts[-1].writable, step.request, self._notify
        )

    def _give_back(self, number: int, length: int) -> list[Given]:
        """What comes back with this number: in order, all before it too, as if written full (2.7.9, 2.8.8)."""
        if number not in self.given:
            self._complain(f"used element names {number}, which is not outstanding")
            return []
        back = []
        for each in list(self.given) if self.in_order else [number]:
            given = self.given.pop(each)
            given.length = length if each == number else given.writable
            self._free(given)
            back.append(given)
            if each == number:
                break
        return back

    def _prepare(self, parts: list[Part], indirect: bool, request: bool) -> ChainStep:
        needed = 1 if indirect else len(parts)
        if needed > self.room:
            raise RingFullError(f"{needed} descriptors wanted, {self.room} free")
        outstanding = list(self.given)
        number, own = self._reserve(needed)
        table = self._indirect(own[0], parts) if indirect else linked(own, parts)
        return ChainStep(
            self.ram, self.place, parts, table, own[0], indirect, self._scratch or _no_scratch, outstanding,
            self._outside, self._spare(), request=request, negotiated=self._scratch is not None, number=number,
        )  # fmt: skip

    def _indirect(self, head: int, parts: list[Part]) -> dict[int, Desc]:
        assert self._scratch is not None
        inner = linked(list(range(len(parts))), parts)
        at = self._scratch(16 * len(parts))
        self.ram.write(at, inner_table(inner.values(), self.place.packed))
        return {head: Desc(at, 16 * len(parts), INDIRECT)}


def inner_table(table: Collection[Desc], packed: bool) -> bytes:
    """An indirect table's bytes: a packed ring's descriptors follow one another without a link or an ID (2.8.7)."""
    if packed:
        return b"".join(Desc.LAYOUT.pack(d.addr, d.len, 0, d.flags & ~NEXT) for d in table)
    return b"".join(desc.pack() for desc in table)


def linked(numbers: list[int], parts: list[Part]) -> dict[int, Desc]:
    """Descriptors of a chain: readable parts come first in what every caller here gives (2.7.4.2)."""
    following = [*numbers[1:], None]
    return {
        number: Desc(part.addr, part.len, (WRITE if part.writable else 0) | (0 if then is None else NEXT), then or 0)
        for number, part, then in zip(numbers, parts, following, strict=True)
    }


def _no_scratch(size: int) -> int:
    raise InspectError("no memory for indirect tables was given")
