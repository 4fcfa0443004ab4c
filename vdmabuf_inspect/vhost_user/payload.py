"""Payloads of vhost-user messages as frozen values.

Each `parse` takes any bytes: it returns None, or as much as was whole, and never raises.
"""

from dataclasses import dataclass, fields
from struct import Struct
from typing import ClassVar, Self

_U64 = Struct("=Q")
XEN_REGION = 40
"""Bytes of a region under protocol feature XEN_MMAP."""


class Fixed:
    """A payload that is one fixed structure; longer bytes are cut, shorter ones are no such payload."""

    LAYOUT: ClassVar[Struct]
    __slots__ = ()

    @classmethod
    def parse(cls, payload: bytes, offset: int = 0) -> Self | None:
        """Read one value at `offset`; None when the bytes end before it does."""
        if len(payload) - offset < cls.LAYOUT.size:
            return None
        return cls(*cls.LAYOUT.unpack_from(payload, offset))

    def pack(self) -> bytes:
        """The value's bytes."""
        return self.LAYOUT.pack(*(getattr(self, field.name) for field in fields(self)))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Number(Fixed):
    """A feature word, a status, a count, an acknowledgement: `u64`."""

    LAYOUT: ClassVar[Struct] = _U64
    value: int


@dataclass(frozen=True, slots=True)
class VringState(Fixed):
    """SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE: `{u32 index, u32 num}`."""

    LAYOUT: ClassVar[Struct] = Struct("=II")
    index: int
    num: int


@dataclass(frozen=True, slots=True)
class VringAddress(Fixed):
    """SET_VRING_ADDR: front-end virtual addresses, `used` before `avail`."""

    LAYOUT: ClassVar[Struct] = Struct("=IIQQQQ")
    index: int
    flags: int
    desc: int
    used: int
    avail: int
    log: int = 0


@dataclass(frozen=True, slots=True)
class VringFd(Fixed):
    """SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR: queue index in bits 0 to 7, bit 8 means that no fd follows."""

    LAYOUT: ClassVar[Struct] = _U64
    value: int

    @property
    def index(self) -> int:
        """The queue."""
        return self.value & 0xFF

    @property
    def no_fd(self) -> bool:
        """The queue is to be polled, or its interrupts are masked for good."""
        return bool(self.value & 0x100)


@dataclass(frozen=True, slots=True)
class Region(Fixed):
    """One memory region: `size` bytes at guest-physical `gpa`, front-end address `uva`, `mmap_offset` in its fd."""

    LAYOUT: ClassVar[Struct] = Struct("=QQQQ")
    gpa: int
    size: int
    uva: int
    mmap_offset: int


@dataclass(frozen=True, slots=True)
class SingleRegion:
    """ADD_MEM_REG and REM_MEM_REG: eight bytes of padding, then a region."""

    region: Region

    @classmethod
    def parse(cls, payload: bytes) -> "SingleRegion | None":
        """None when the region is not whole."""
        region = Region.parse(payload, 8)
        return None if region is None else cls(region)

    def pack(self) -> bytes:
        """40 bytes."""
        return bytes(8) + self.region.pack()


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """SET_MEM_TABLE: `{u32 count, u32 padding}`, then 32 bytes a region (40 with XEN_MMAP)."""

    regions: tuple[Region, ...]
    declared: int

    @classmethod
    def of(cls, *regions: Region) -> "MemoryTable":
        """A table of these regions."""
        return cls(regions, len(regions))

    @classmethod
    def parse(cls, payload: bytes) -> "MemoryTable | None":
        """The regions that are whole; `declared` says how many there should be. None without a count."""
        state = VringState.parse(payload)
        if state is None:
            return None
        room = len(payload) - 8
        stride = XEN_REGION if state.index and room == state.index * XEN_REGION else Region.LAYOUT.size
        found = (Region.parse(payload, 8 + i * stride) for i in range(min(state.index, room // stride)))
        return cls(tuple(region for region in found if region), state.index)

    def pack(self) -> bytes:
        """8 + 32 n bytes."""
        return VringState(self.declared, 0).pack() + b"".join(region.pack() for region in self.regions)


@dataclass(frozen=True, slots=True)
class Inflight(Fixed):
    """GET_INFLIGHT_FD and SET_INFLIGHT_FD: a region that survives the back end."""

    LAYOUT: ClassVar[Struct] = Struct("=QQHH4x")
    mmap_size: int
    mmap_offset: int
    queues: int
    queue_size: int

    @classmethod
    def parse(cls, payload: bytes, offset: int = 0) -> "Inflight | None":
        """Read it with or without the structure's tail padding."""
        return super(Inflight, cls).parse(payload.ljust(offset + 24, b"\0"), offset) if len(payload) >= 20 else None


@dataclass(frozen=True, slots=True)
class ConfigHead(Fixed):
    """What stands before the bytes of GET_CONFIG and SET_CONFIG."""

    LAYOUT: ClassVar[Struct] = Struct("=III")
    offset: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class Config:
    """GET_CONFIG and SET_CONFIG: a stretch of the device configuration space."""

    offset: int
    size: int
    flags: int
    data: bytes = b""

    @classmethod
    def parse(cls, payload: bytes) -> "Config | None":
        """`data` is what is there of the declared `size`."""
        head = ConfigHead.parse(payload)
        return None if head is None else cls(head.offset, head.size, head.flags, payload[12 : 12 + head.size])

    def pack(self) -> bytes:
        """12 bytes and the data."""
        return ConfigHead(self.offset, self.size, self.flags).pack() + self.data


@dataclass(frozen=True, slots=True)
class Log(Fixed):
    """SET_LOG_BASE: the dirty log's size and offset in its fd."""

    LAYOUT: ClassVar[Struct] = Struct("=QQ")
    mmap_size: int
    mmap_offset: int


@dataclass(frozen=True, slots=True)
class Iotlb(Fixed):
    """IOTLB_MSG, in both directions: a translation, or that one is missing or no more (struct vhost_iotlb_msg)."""

    LAYOUT: ClassVar[Struct] = Struct("=QQQBB6x")
    iova: int
    size: int
    uaddr: int
    permission: int
    type: int


@dataclass(frozen=True, slots=True)
class VringArea(Fixed):
    """VRING_HOST_NOTIFIER_MSG: the queue as in VringFd, and a stretch of the fd."""

    LAYOUT: ClassVar[Struct] = Struct("=QQQ")
    value: int
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class SharedMap(Fixed):
    """SHMEM_MAP and SHMEM_UNMAP: a stretch of a shared memory region."""

    LAYOUT: ClassVar[Struct] = Struct("=B7xQQQQ")
    region: int
    fd_offset: int
    shm_offset: int
    length: int
    flags: int


@dataclass(frozen=True, slots=True)
class SharedConfig(Fixed):
    """GET_SHMEM_CONFIG: `{u32 count, u32 padding}`, then u64 sizes by region ID."""

    LAYOUT: ClassVar[Struct] = Struct("=I4x")
    count: int


@dataclass(frozen=True, slots=True)
class StateTransfer(Fixed):
    """SET_DEVICE_STATE_FD: direction 0 save, 1 load; phase 0 stopped."""

    LAYOUT: ClassVar[Struct] = Struct("=II")
    direction: int
    phase: int


@dataclass(frozen=True, slots=True)
class SharedObject(Fixed):
    """SHARED_OBJECT_ADD, _REMOVE, _LOOKUP and GET_SHARED_OBJECT: a UUID, its bytes in their order."""

    LAYOUT: ClassVar[Struct] = Struct(">QQ")
    high: int
    low: int


def pack_u64(value: int) -> bytes:
    """A feature word, a status, an acknowledgement."""
    return _U64.pack(value & (1 << 64) - 1)


def parse_u64(payload: bytes) -> int | None:
    """The first eight bytes; None when there are fewer."""
    return int(_U64.unpack_from(payload)[0]) if len(payload) >= 8 else None
