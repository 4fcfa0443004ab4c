"""How many file descriptors a message must carry."""

from vdmabuf_inspect.vhost_user.heard import Heard
from vdmabuf_inspect.vhost_user.payload import Inflight, MemoryTable, VringFd, parse_u64
from vdmabuf_inspect.vhost_user.wire import (
    BACKEND_FDS,
    NO_FDS,
    REPLY_FDS,
    REQUEST_FDS,
    BackendRequest,
    FdCount,
    ProtocolFeature,
    Request,
    request_name,
)

_RING_FDS = frozenset({Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR})
_INVALID_FD = 1 << 8
"""In the answer to SET_DEVICE_STATE_FD: none is sent back."""


def wanted(heard: Heard, protocol: int | None, postcopy: bool) -> FdCount | None:
    """How many it must carry, None where anything may be right.

    `protocol`: protocol features in force, None when nobody saw. During post-copy tables are sent twice.
    """
    if request_name(heard.request, heard.channel).startswith("REQUEST_") or postcopy:
        return None
    if heard.channel:
        return _channel(heard)
    return _reply(heard) if heard.reply else _request(heard, protocol)


def _request(heard: Heard, protocol: int | None) -> FdCount | None:
    if heard.request in _RING_FDS:
        which = VringFd.parse(heard.payload)
        return None if which is None else _exactly(0 if which.no_fd else 1)
    if heard.request == Request.SET_MEM_TABLE:
        table = MemoryTable.parse(heard.payload)
        return None if table is None else _exactly(table.declared)
    if heard.request == Request.SET_LOG_BASE:
        return None if protocol is None else _exactly(1 if protocol & ProtocolFeature.LOG_SHMFD else 0)
    return REQUEST_FDS.get(heard.request, NO_FDS)


def _reply(heard: Heard) -> FdCount | None:
    if heard.request == Request.GET_INFLIGHT_FD:
        inflight = Inflight.parse(heard.payload)
        return None if inflight is None else _exactly(1 if inflight.mmap_size else 0)
    if heard.request == Request.SET_DEVICE_STATE_FD and (parse_u64(heard.payload) or 0) & _INVALID_FD:
        return NO_FDS
    return REPLY_FDS.get(heard.request, NO_FDS)


def _channel(heard: Heard) -> FdCount | None:
    if heard.reply:
        return None if heard.request == BackendRequest.SHARED_OBJECT_LOOKUP else NO_FDS
    return BACKEND_FDS.get(heard.request, NO_FDS)


def _exactly(count: int) -> FdCount:
    return FdCount(count, count)
