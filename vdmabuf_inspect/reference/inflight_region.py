"""The memory of GET_INFLIGHT_FD and SET_INFLIGHT_FD: made by the device, kept by its front end."""

import mmap
import os
from dataclasses import replace

from vdmabuf_inspect.reference.kinds import Kind
from vdmabuf_inspect.reference.memory_requests import RefusedError
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.payload import Inflight

LIMIT = 1 << 26
"""Bytes of a region at most."""


class InflightRegion:
    """A region as a front end handed it over, in equal parts for its queues."""

    def __init__(self, told: Inflight, kind: Kind, fd: int) -> None:
        """Map it; the fd stays with the caller. Raises OSError, RefusedError."""
        self._stride, self._size, self._count = kind.inflight(told.queue_size), told.queue_size, told.queues
        needed = self._stride * told.queues
        if not 0 < needed <= told.mmap_size <= LIMIT or os.fstat(fd).st_size < told.mmap_offset + told.mmap_size:
            raise RefusedError(f"an in-flight region of {told.mmap_size} bytes for {told.queues} queues")
        if told.mmap_offset % mmap.ALLOCATIONGRANULARITY:
            raise RefusedError(f"an in-flight region at offset {told.mmap_offset}")
        self._view = memoryview(mmap.mmap(fd, told.mmap_size, offset=told.mmap_offset))

    def part(self, queue: int, size: int) -> memoryview | None:
        """A queue's part; None where the region has none for a queue of so many entries."""
        if queue >= self._count or size > self._size:
            return None
        return self._view[queue * self._stride : (queue + 1) * self._stride]


def make_region(message: Message, kind: Kind) -> tuple[bytes, Fds]:
    """The answer to GET_INFLIGHT_FD and the fd of a new, empty region. Raises RefusedError."""
    asked = Inflight.parse(message.payload)
    if asked is None or not asked.queues or not asked.queue_size:
        raise RefusedError("malformed")
    size = kind.inflight(asked.queue_size) * asked.queues
    if size > LIMIT:
        raise RefusedError(f"an in-flight region of {size} bytes")
    fd = os.memfd_create("reference-inflight", os.MFD_CLOEXEC)
    os.ftruncate(fd, size)
    return replace(asked, mmap_size=size, mmap_offset=0).pack(), Fds([fd])


def take_region(message: Message, kind: Kind) -> InflightRegion:
    """The region of SET_INFLIGHT_FD. Raises RefusedError, OSError."""
    told = Inflight.parse(message.payload)
    if told is None or len(message.fds) != 1:
        raise RefusedError("no in-flight region or no file descriptor")
    return InflightRegion(told, kind, message.fds.numbers[0])
