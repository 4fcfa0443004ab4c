"""Commands and sizes of a vdmabuf message (specification, Device Operation; RFC v4 virtio_vdmabuf.h)."""

from enum import IntEnum

OP_SIZE = 256
ID_SIZE = 16
PRIVATE_ROOM = 216
"""Bytes that a message holds after the private size word (54 words)."""
PRIVATE_LIMIT = 192
"""MAX_SIZE_PRIV_DATA of every Linux driver."""
PAGE_SIZE = 4096
MAX_PAGES = 512 * 512
"""One root page of 512 second-level pages of 512 entries: 1 GiB."""


class Op(IntEnum):
    """What a message means, whatever number its dialect gives it. The wire's own word is `cmd`."""

    UNKNOWN = 0
    NEED_VMID = 1
    EXPORT = 2
    DMABUF_REL = 3
    UNEXPORT = 4
