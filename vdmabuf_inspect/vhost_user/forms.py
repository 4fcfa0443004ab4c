"""Every request and reply: what its payload is made of and how large it may be. The one table that all decoding reads.

Layouts are those of payload.py, whose field names stand here where a name or a meaning differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vdmabuf_inspect.vhost_user import payload as p
from vdmabuf_inspect.vhost_user.meanings import (
    FEATURES,
    PROTOCOL,
    STATUS,
    AddressFlag,
    ConfigFlag,
    MapFlag,
    Meaning,
    acknowledged,
    address,
    base,
    bits,
    choice,
    number,
    ring_fd,
)
from vdmabuf_inspect.vhost_user.wire import BackendRequest, Request


@dataclass(frozen=True)
class Form:
    """A payload: a fixed structure, and what may stand behind it.

    repeated: structures that follow, as many as the first number says; `strides` their sizes by what may be meant.
    data: bytes follow, as many as the field of this name says. also: further sizes that peers rightly send.
    """

    layout: type[p.Fixed] | None = None
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    offset: int = 0
    repeated: "Form | None" = None
    strides: tuple[int, ...] = ()
    data: str = ""
    also: tuple[int, ...] = ()
    any_size: bool = False

    @property
    def size(self) -> int:
        """Bytes of the fixed part."""
        return self.offset + (self.layout.LAYOUT.size if self.layout else 0)

    def right_sizes(self, payload: bytes) -> tuple[int, ...]:
        """The sizes that a payload that begins with these bytes may have, the usual one first; none: any."""
        if self.any_size:
            return ()
        value = self.layout.parse(payload, self.offset) if self.layout else None
        if value is not None and self.repeated is not None:
            count = int(getattr(value, next(iter(value.__slots__))))
            return tuple(self.size + count * stride for stride in self.strides)
        more = int(getattr(value, self.data)) if value is not None and self.data else 0
        return (self.size + more, *self.also)


def _u64(meaning: Meaning, also: tuple[int, ...] = ()) -> Form:
    return Form(p.Number, {"value": meaning}, also=also)


def _state(meaning: Meaning) -> Form:
    return Form(p.VringState, {"index": QUEUE, "num": meaning})


QUEUE = number("queue")
EMPTY = Form()
ACK = _u64(acknowledged)
_FD = Form(p.VringFd, {"value": ring_fd})
_REGION = {"gpa": address("gpa"), "uva": address("uva"), "mmap_offset": address("mmap_offset")}
_ONE_REGION = Form(p.Region, _REGION, offset=8, also=(8 + p.XEN_REGION,))
_TABLE = Form(
    p.VringState, {"index": number("count"), "num": number("padding")},
    repeated=Form(p.Region, _REGION), strides=(p.Region.LAYOUT.size, p.XEN_REGION),
)  # fmt: skip
_CONFIG = Form(p.ConfigHead, {"flags": bits("flags", ConfigFlag)}, data="size")
_INFLIGHT = Form(p.Inflight, {"mmap_offset": address("mmap_offset")}, also=(20,))
_LOG = Form(p.Log, {"mmap_offset": address("mmap_offset")}, also=(8,))
_PERMISSION = choice("permission", "none", "read", "write", "read and write")
_IOTLB_TYPE = choice("type", "0", "miss", "update", "invalidate", "access failed", "batch begin", "batch end")
_IOTLB = Form(
    p.Iotlb,
    {"iova": address("iova"), "uaddr": address("uaddr"), "permission": _PERMISSION, "type": _IOTLB_TYPE}, also=(26,),
)  # fmt: skip
_OBJECT = Form(p.SharedObject, {"high": address("uuid_high"), "low": address("uuid_low")})
_MAP = Form(
    p.SharedMap,
    {"fd_offset": address("fd_offset"), "shm_offset": address("shm_offset"), "flags": bits("flags", MapFlag)},
)
_SHARED = Form(p.SharedConfig, {}, repeated=Form(p.Number, {"value": number("size", "bytes")}), strides=(8,),
               also=(8 + 256 * 8,))  # fmt: skip
_ADDRESS = Form(
    p.VringAddress,
    {"index": QUEUE, "flags": bits("flags", AddressFlag)}
    | {name: address(name) for name in ("desc", "used", "avail", "log")},
)

REQUESTS: dict[int, Form] = {
    Request.GET_FEATURES: EMPTY,
    Request.SET_FEATURES: _u64(FEATURES),
    Request.SET_OWNER: EMPTY,
    Request.RESET_OWNER: EMPTY,
    Request.SET_MEM_TABLE: _TABLE,
    Request.SET_LOG_BASE: _LOG,
    Request.SET_LOG_FD: Form(also=(8,)),
    Request.SET_VRING_NUM: _state(number("size", "descriptors")),
    Request.SET_VRING_ADDR: _ADDRESS,
    Request.SET_VRING_BASE: _state(base),
    Request.GET_VRING_BASE: _state(number("num")),
    Request.SET_VRING_KICK: _FD,
    Request.SET_VRING_CALL: _FD,
    Request.SET_VRING_ERR: _FD,
    Request.GET_PROTOCOL_FEATURES: EMPTY,
    Request.SET_PROTOCOL_FEATURES: _u64(PROTOCOL),
    Request.GET_QUEUE_NUM: EMPTY,
    Request.SET_VRING_ENABLE: _state(choice("enabled", "no", "yes")),
    Request.SEND_RARP: _u64(address("mac")),
    Request.NET_SET_MTU: _u64(number("mtu", "bytes")),
    Request.SET_BACKEND_REQ_FD: EMPTY,
    Request.IOTLB_MSG: _IOTLB,
    Request.SET_VRING_ENDIAN: _state(choice("endian", "little", "big")),
    Request.GET_CONFIG: _CONFIG,
    Request.SET_CONFIG: _CONFIG,
    Request.CREATE_CRYPTO_SESSION: Form(any_size=True),
    Request.CLOSE_CRYPTO_SESSION: _u64(number("session")),
    Request.POSTCOPY_ADVISE: EMPTY,
    Request.POSTCOPY_LISTEN: EMPTY,
    Request.POSTCOPY_END: EMPTY,
    Request.GET_INFLIGHT_FD: _INFLIGHT,
    Request.SET_INFLIGHT_FD: _INFLIGHT,
    Request.GPU_SET_SOCKET: EMPTY,
    Request.RESET_DEVICE: EMPTY,
    Request.VRING_KICK: _state(number("num")),
    Request.GET_MAX_MEM_SLOTS: EMPTY,
    Request.ADD_MEM_REG: _ONE_REGION,
    Request.REM_MEM_REG: _ONE_REGION,
    Request.SET_STATUS: _u64(STATUS),
    Request.GET_STATUS: EMPTY,
    Request.GET_SHARED_OBJECT: _OBJECT,
    Request.SET_DEVICE_STATE_FD: Form(
        p.StateTransfer, {"direction": choice("direction", "save", "load"), "phase": choice("phase", "stopped")}
    ),
    Request.CHECK_DEVICE_STATE: EMPTY,
    Request.GET_SHMEM_CONFIG: EMPTY,
}
"""What a front end sends, by request."""

REPLIES: dict[int, Form] = {
    Request.GET_FEATURES: _u64(FEATURES),
    # In post-copy migration the table or region comes back with the back end's addresses.
    Request.SET_MEM_TABLE: Form(p.Number, {"value": acknowledged}, any_size=True),
    Request.SET_LOG_BASE: Form(any_size=True),
    Request.GET_VRING_BASE: _state(base),
    Request.GET_PROTOCOL_FEATURES: _u64(PROTOCOL),
    Request.GET_QUEUE_NUM: _u64(number("queues")),
    Request.IOTLB_MSG: _u64(acknowledged, also=(32, 26)),
    Request.GET_CONFIG: Form(p.ConfigHead, {"flags": bits("flags", ConfigFlag)}, data="size", also=(0, 12)),
    Request.CREATE_CRYPTO_SESSION: Form(any_size=True),
    Request.POSTCOPY_ADVISE: Form(also=(8,)),
    Request.GET_INFLIGHT_FD: _INFLIGHT,
    Request.GET_MAX_MEM_SLOTS: _u64(number("slots")),
    Request.ADD_MEM_REG: Form(p.Number, {"value": acknowledged}, any_size=True),
    Request.GET_STATUS: _u64(STATUS),
    Request.GET_SHMEM_CONFIG: _SHARED,
}
"""Replies that are more than an acknowledgement, by the request that they answer."""

CHANNEL: dict[int, Form] = {
    BackendRequest.IOTLB_MSG: _IOTLB,
    BackendRequest.CONFIG_CHANGE_MSG: EMPTY,
    BackendRequest.VRING_HOST_NOTIFIER_MSG: Form(p.VringArea, {"value": ring_fd, "offset": address("offset")}),
    BackendRequest.VRING_CALL: _state(number("num")),
    BackendRequest.VRING_ERR: _state(number("num")),
    BackendRequest.SHARED_OBJECT_ADD: _OBJECT,
    BackendRequest.SHARED_OBJECT_REMOVE: _OBJECT,
    BackendRequest.SHARED_OBJECT_LOOKUP: _OBJECT,
    BackendRequest.SHMEM_MAP: _MAP,
    BackendRequest.SHMEM_UNMAP: _MAP,
}
"""What a back end sends on its own channel, by request."""


def form_of(request: int, reply: bool, channel: bool) -> Form | None:
    """The form of a payload; None for a request that is not known."""
    known = CHANNEL if channel else REQUESTS
    if not reply:
        return known.get(request)
    return (None if channel else REPLIES.get(request)) or (ACK if request in known else None)
