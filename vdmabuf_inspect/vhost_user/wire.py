"""vhost-user on the wire: request names, protocol feature bits, the framing header, who sends fds and who replies.

Integers are in the machine's own order. Facts are from the vhost-user specification that QEMU publishes.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from struct import Struct

HEADER = Struct("=III")
"""u32 request, u32 flags, u32 payload size."""
VERSION = 1
FD_LIMIT = 32
"""File descriptors that one message may carry; libvhost-user takes 8, rust-vmm 32."""


class Request(IntEnum):
    """What a front end sends."""

    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    RESET_OWNER = 4
    SET_MEM_TABLE = 5
    SET_LOG_BASE = 6
    SET_LOG_FD = 7
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    SET_VRING_ERR = 14
    GET_PROTOCOL_FEATURES = 15
    SET_PROTOCOL_FEATURES = 16
    GET_QUEUE_NUM = 17
    SET_VRING_ENABLE = 18
    SEND_RARP = 19
    NET_SET_MTU = 20
    SET_BACKEND_REQ_FD = 21
    IOTLB_MSG = 22
    SET_VRING_ENDIAN = 23
    GET_CONFIG = 24
    SET_CONFIG = 25
    CREATE_CRYPTO_SESSION = 26
    CLOSE_CRYPTO_SESSION = 27
    POSTCOPY_ADVISE = 28
    POSTCOPY_LISTEN = 29
    POSTCOPY_END = 30
    GET_INFLIGHT_FD = 31
    SET_INFLIGHT_FD = 32
    GPU_SET_SOCKET = 33
    RESET_DEVICE = 34
    VRING_KICK = 35
    GET_MAX_MEM_SLOTS = 36
    ADD_MEM_REG = 37
    REM_MEM_REG = 38
    SET_STATUS = 39
    GET_STATUS = 40
    GET_SHARED_OBJECT = 41
    SET_DEVICE_STATE_FD = 42
    CHECK_DEVICE_STATE = 43
    GET_SHMEM_CONFIG = 44


class BackendRequest(IntEnum):
    """What a back end sends on its own channel (SET_BACKEND_REQ_FD)."""

    IOTLB_MSG = 1
    CONFIG_CHANGE_MSG = 2
    VRING_HOST_NOTIFIER_MSG = 3
    VRING_CALL = 4
    VRING_ERR = 5
    SHARED_OBJECT_ADD = 6
    SHARED_OBJECT_REMOVE = 7
    SHARED_OBJECT_LOOKUP = 8
    SHMEM_MAP = 9
    SHMEM_UNMAP = 10


class ProtocolFeature(IntFlag):
    """Bits of GET_PROTOCOL_FEATURES and SET_PROTOCOL_FEATURES."""

    MQ = 1 << 0
    LOG_SHMFD = 1 << 1
    RARP = 1 << 2
    REPLY_ACK = 1 << 3
    MTU = 1 << 4
    BACKEND_REQ = 1 << 5
    CROSS_ENDIAN = 1 << 6
    CRYPTO_SESSION = 1 << 7
    PAGEFAULT = 1 << 8
    CONFIG = 1 << 9
    BACKEND_SEND_FD = 1 << 10
    HOST_NOTIFIER = 1 << 11
    INFLIGHT_SHMFD = 1 << 12
    RESET_DEVICE = 1 << 13
    INBAND_NOTIFICATIONS = 1 << 14
    CONFIGURE_MEM_SLOTS = 1 << 15
    STATUS = 1 << 16
    XEN_MMAP = 1 << 17
    SHARED_OBJECT = 1 << 18
    DEVICE_STATE = 1 << 19
    GET_VRING_BASE_INFLIGHT = 1 << 20
    SHMEM = 1 << 21


class HeaderFlag(IntFlag):
    """The flags word of the header."""

    VERSION_MASK = 3
    REPLY = 1 << 2
    NEED_REPLY = 1 << 3


@dataclass(frozen=True, slots=True)
class Header:
    """The twelve bytes ahead of each payload; `size` counts the payload alone."""

    request: int
    flags: int
    size: int

    @property
    def version(self) -> int:
        """Protocol version, 1 for every peer of today."""
        return self.flags & HeaderFlag.VERSION_MASK

    @property
    def is_reply(self) -> bool:
        """Whether it answers a request of the other side."""
        return bool(self.flags & HeaderFlag.REPLY)

    @property
    def needs_reply(self) -> bool:
        """Whether the sender asks for an acknowledgement (REPLY_ACK)."""
        return bool(self.flags & HeaderFlag.NEED_REPLY)

    def pack(self) -> bytes:
        """The twelve bytes."""
        return HEADER.pack(self.request, self.flags, self.size)

    @classmethod
    def parse(cls, data: bytes | bytearray) -> "Header | None":
        """Read the first twelve bytes; None when there are fewer."""
        return cls(*HEADER.unpack_from(data)) if len(data) >= HEADER.size else None


@dataclass(frozen=True, slots=True)
class FdCount:
    """How many file descriptors a message carries, both ends included."""

    least: int
    most: int


NO_FDS = FdCount(0, 0)
_ONE = FdCount(1, 1)
_MAYBE = FdCount(0, 1)
_MANY = FdCount(0, FD_LIMIT)

REQUEST_FDS: dict[int, FdCount] = {
    Request.SET_MEM_TABLE: _MANY,
    Request.SET_LOG_BASE: _ONE,
    Request.SET_LOG_FD: _ONE,
    Request.SET_VRING_KICK: _MAYBE,
    Request.SET_VRING_CALL: _MAYBE,
    Request.SET_VRING_ERR: _MAYBE,
    Request.SET_BACKEND_REQ_FD: _ONE,
    Request.SET_INFLIGHT_FD: _ONE,
    Request.GPU_SET_SOCKET: _ONE,
    Request.ADD_MEM_REG: _ONE,
    Request.REM_MEM_REG: _MAYBE,
    Request.SET_DEVICE_STATE_FD: _ONE,
}
"""File descriptors of front-end requests; a request that is not here carries none."""

REPLY_FDS: dict[int, FdCount] = {
    Request.POSTCOPY_ADVISE: _ONE,
    Request.GET_INFLIGHT_FD: _MAYBE,
    Request.GET_SHARED_OBJECT: _MAYBE,
    Request.SET_DEVICE_STATE_FD: _MAYBE,
}
"""File descriptors of back-end replies, by the request that they answer."""

BACKEND_FDS: dict[int, FdCount] = {
    BackendRequest.VRING_HOST_NOTIFIER_MSG: _MAYBE,
    BackendRequest.SHMEM_MAP: _ONE,
}
"""File descriptors on the back-end channel."""

REPLIED: frozenset[int] = frozenset(
    {
        Request.GET_FEATURES,
        Request.GET_VRING_BASE,
        Request.GET_PROTOCOL_FEATURES,
        Request.GET_QUEUE_NUM,
        Request.IOTLB_MSG,
        Request.GET_CONFIG,
        Request.CREATE_CRYPTO_SESSION,
        Request.POSTCOPY_ADVISE,
        Request.POSTCOPY_END,
        Request.GET_INFLIGHT_FD,
        Request.GET_MAX_MEM_SLOTS,
        Request.GET_STATUS,
        Request.GET_SHARED_OBJECT,
        Request.SET_DEVICE_STATE_FD,
        Request.CHECK_DEVICE_STATE,
        Request.GET_SHMEM_CONFIG,
    }
)
"""Requests with an answer of their own, whatever the flags say."""


NEEDED: dict[int, ProtocolFeature] = {
    Request.GET_QUEUE_NUM: ProtocolFeature.MQ,
    Request.SEND_RARP: ProtocolFeature.RARP,
    Request.NET_SET_MTU: ProtocolFeature.MTU,
    Request.SET_BACKEND_REQ_FD: ProtocolFeature.BACKEND_REQ,
    Request.SET_VRING_ENDIAN: ProtocolFeature.CROSS_ENDIAN,
    Request.GET_CONFIG: ProtocolFeature.CONFIG,
    Request.SET_CONFIG: ProtocolFeature.CONFIG,
    Request.CREATE_CRYPTO_SESSION: ProtocolFeature.CRYPTO_SESSION,
    Request.CLOSE_CRYPTO_SESSION: ProtocolFeature.CRYPTO_SESSION,
    Request.POSTCOPY_ADVISE: ProtocolFeature.PAGEFAULT,
    Request.POSTCOPY_LISTEN: ProtocolFeature.PAGEFAULT,
    Request.POSTCOPY_END: ProtocolFeature.PAGEFAULT,
    Request.GET_INFLIGHT_FD: ProtocolFeature.INFLIGHT_SHMFD,
    Request.SET_INFLIGHT_FD: ProtocolFeature.INFLIGHT_SHMFD,
    Request.RESET_DEVICE: ProtocolFeature.RESET_DEVICE,
    Request.VRING_KICK: ProtocolFeature.INBAND_NOTIFICATIONS,
    Request.GET_MAX_MEM_SLOTS: ProtocolFeature.CONFIGURE_MEM_SLOTS,
    Request.ADD_MEM_REG: ProtocolFeature.CONFIGURE_MEM_SLOTS,
    Request.REM_MEM_REG: ProtocolFeature.CONFIGURE_MEM_SLOTS,
    Request.SET_STATUS: ProtocolFeature.STATUS,
    Request.GET_STATUS: ProtocolFeature.STATUS,
    Request.GET_SHARED_OBJECT: ProtocolFeature.SHARED_OBJECT,
    Request.SET_DEVICE_STATE_FD: ProtocolFeature.DEVICE_STATE,
    Request.CHECK_DEVICE_STATE: ProtocolFeature.DEVICE_STATE,
    Request.GET_SHMEM_CONFIG: ProtocolFeature.SHMEM,
}
"""Requests that may only be sent once this protocol feature was acknowledged."""

UNDER_FEATURE_30 = frozenset({Request.GET_PROTOCOL_FEATURES, Request.SET_PROTOCOL_FEATURES, Request.SET_VRING_ENABLE})
"""Requests that need VHOST_USER_F_PROTOCOL_FEATURES, which must have been offered."""


def wants_reply(header: Header, protocol_features: int) -> bool:
    """Whether the back end must answer this request under the negotiated protocol features."""
    if header.request in REPLIED:
        return True
    if header.request == Request.SET_LOG_BASE and protocol_features & ProtocolFeature.LOG_SHMFD:
        return True
    return header.needs_reply and bool(protocol_features & ProtocolFeature.REPLY_ACK)


def request_name(number: int, backend: bool = False) -> str:
    """The request's name, or `REQUEST_n` for one that this list does not know."""
    names = _BACKEND_NAMES if backend else _NAMES
    return names.get(number, f"REQUEST_{number}")


_NAMES = {request.value: request.name for request in Request}
_BACKEND_NAMES = {request.value: request.name for request in BackendRequest}
