"""The steps at which a peer can be made to do wrong: what it is about to do, still open to change.

A peer shows each step to its plan just before (or, where it says so, just after) it takes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.packed_place import FLAGS, PackedPlace
from vdmabuf_inspect.reference.place import Desc, Part, Place
from vdmabuf_inspect.reference.ram import Ram

Meet = Callable[[Any], None]
"""Shows a step to whoever may change it."""

Complain = Callable[[str], None]
"""Hears of what the other side does wrong."""


def as_it_is(step: Any) -> None:
    """Changes nothing."""


def _nothing(number: int) -> None:
    """A packed ring has no entries beside its descriptors."""


@dataclass
class FeaturesStep:
    """Driver: feature bits about to be acknowledged."""

    acknowledged: int
    framing: str
    """How messages are put into descriptors, a choice of `--framing`."""
    offered: int = 0


@dataclass
class OfferStep:
    """Device: feature bits about to be offered."""

    offered: int


@dataclass
class IdentityStep:
    """Device: the VM ID that it will announce."""

    vmid: int


@dataclass
class PlaceStep:
    """Driver: a ring's place, before it is told; `reserved` descriptors are not to be used; `limit` ends its memory."""

    queue: int
    place: Place | PackedPlace
    limit: int
    reserved: set[int] = field(default_factory=set)


@dataclass
class StartStep:
    """Driver: the queues run and nothing was sent yet; `export_first` exports before the VM ID is known."""

    dialect: Dialect
    export_first: bool = False


@dataclass
class PostStep:
    """Driver: a receive buffer about to be posted, `posted` are waiting already."""

    posted: int
    skip: bool = False


@dataclass
class ExportStep:
    """Driver: everything that an EXPORT says and the page table behind it, before either is written."""

    dialect: Dialect
    vmid: int
    counter: int
    key: tuple[int, int]
    halves: tuple[int, int]
    pages: int
    first_offset: int
    last_length: int
    reference: int
    private: bytes
    private_size: int
    entries: list[int]
    """Data pages, as the second-level pages will list them."""
    live: list["ExportStep"]
    """Exports that were not released yet, oldest first."""
    released: list["ExportStep"]
    private_slack: bytes = b""
    """Bytes behind the private data."""
    outside: int = 0
    """An address where no memory is."""
    ring: int = 0
    """An address of a ring's page."""
    skip: int = 0
    """Counters to leave out after this one."""


@dataclass
class ExportedStep:
    """Driver: after an EXPORT was sent and its chain made available."""

    ram: Ram
    tables: list[int]
    entries: list[int]
    remap: Callable[[], None]
    """Takes the rings' memory from the device and gives it back at once."""


@dataclass
class MessageStep:
    """Either: a whole message about to be sent."""

    dialect: Dialect
    op: Op
    data: bytearray
    spoilt: bool = False
    """The other side will not understand it."""
    again: int = 0
    """How often to send it again."""


@dataclass
class ChainStep:
    """Driver: the parts of a chain and the table to be written, before it is made available.

    `table` maps descriptor numbers to descriptors; `scratch` gives (address of) fresh memory for indirect tables.
    """

    ram: Ram
    place: Place | PackedPlace
    parts: list[Part]
    table: dict[int, Desc]
    head: int
    indirect: bool
    scratch: Callable[[int], int]
    outstanding: list[int]
    outside: int
    spare: int | None
    """A free descriptor that may be used besides."""
    spoilt: bool = False
    request: bool = True
    """It carries a message of the driver, and is not a receive buffer."""
    negotiated: bool = False
    """Indirect descriptors were negotiated."""
    number: int = 0
    """The buffer ID that a packed ring's chain is given; the head on a split ring."""
    linger: float = 0.0
    """Seconds between making it available and telling the device of it."""


@dataclass
class Slot:
    """One descriptor of a packed ring about to be written at address `at`; `flags` are stored last."""

    at: int
    desc: Desc
    number: int
    flags: int

    @property
    def body(self) -> bytes:
        """What stands before the flags: address, length, buffer ID."""
        return Desc.LAYOUT.pack(self.desc.addr, self.desc.len, self.number, self.flags)[:FLAGS]


@dataclass
class SlotsStep:
    """Driver: the descriptors of a packed chain before they are written, the first one's flags last of all."""

    ram: Ram
    place: PackedPlace
    slots: list[Slot]
    request: bool
    linger: float = 0.0
    """Seconds between making it available and telling the device of it."""


@dataclass
class PublishedStep:
    """Driver: after a chain was made available and the device was notified; `avail_idx` is the index as stored."""

    ram: Ram
    place: Place | PackedPlace
    head: int
    avail_idx: int
    writable: bool
    request: bool
    """It carries a message of the driver, and is not a receive buffer."""
    notify: Callable[[], None]
    publish: Callable[[int], None] = field(default=_nothing)
    """Makes any number available on a split ring, head of a chain or not."""


@dataclass
class KickStep:
    """Driver: something was made available; `wanted` says whether the device asked for a notification."""

    wanted: bool
    skip: bool = False
    force: bool = False

    @property
    def kick(self) -> bool:
        """Whether it will notify."""
        return self.force or (self.wanted and not self.skip)


@dataclass
class AskStep:
    """Device: nothing is left, it is about to ask for a notification."""

    ram: Ram
    place: Place | PackedPlace
    event_idx: bool
    skip: bool = False


@dataclass
class CallStep:
    """Device: a notification that the driver asked for."""

    skip: bool = False


@dataclass
class ReceivedStep:
    """Device: a message was understood and is about to be acted on."""

    dialect: Dialect
    op: Op
    vmid: int
    ignore: bool = False
    keep: bool = False
    """EXPORT: never release it."""
    release_first: float = 0.0
    """EXPORT: release it so many seconds before its chain is returned."""
    extra: list[tuple[Op, bytes]] = field(default_factory=list)
    """Further messages to send to the driver: op and the body's first bytes."""
    body: bytes = b""


@dataclass
class UsedStep:
    """Device: a used element about to be written."""

    ram: Ram
    size: int
    head: int
    length: int
    readable: list[Part]
    writable: list[Part]
    message: bytes | None
    """What was written, None for a chain that is only returned."""
    in_order: bool
    request: bool
    """It came with a message of the driver."""
    packed: bool = False
    drop: bool = False
    delay: float = 0.0
    """Seconds to wait before it is written, other chains going on meanwhile."""
    behind: bool = False
    """Return it after the next one."""


@dataclass
class ReturnedStep:
    """Device: after a used element was written and the driver notified; `used_idx` is the index as stored."""

    ram: Ram
    place: Place | PackedPlace
    used_idx: int
    avail_idx: int
    notify: Callable[[], None]
