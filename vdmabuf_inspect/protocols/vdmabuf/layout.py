"""The bytes of a vdmabuf message, each layout said once (specification, Device Operation; RFC v4 virtio_vdmabuf.h)."""

from enum import IntEnum

from construct import Array, Bytes, Int32ul, Int64ul, Struct

OP_SIZE = 256
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


BUFFER_ID = Struct("low" / Int32ul, "high" / Int32ul, "key" / Array(2, Int32ul))
"""The 128-bit identifier: one half of `id` is the VM ID, the other a counter; which is which the dialect says."""

VMID = Struct("vmid" / Int32ul, "rest" / Bytes(OP_SIZE - 4))
EXPORT = Struct(
    "id" / BUFFER_ID,
    "pages" / Int32ul,
    "first_offset" / Int32ul,
    "last_length" / Int32ul,
    "reference" / Int64ul,
    "private_size" / Int32ul,
    "private" / Bytes(PRIVATE_ROOM),
)
RELEASE = Struct("id" / BUFFER_ID, "rest" / Bytes(OP_SIZE - 16))
RAW = Struct("op" / Bytes(OP_SIZE))

BODIES = {Op.UNKNOWN: RAW, Op.NEED_VMID: VMID, Op.EXPORT: EXPORT, Op.DMABUF_REL: RELEASE, Op.UNEXPORT: RELEASE}
"""The body (the 256 bytes called `op`) of each command; all dialects share them."""

PREFIX_NONE: tuple[object, ...] = ()
PREFIX_REQUEST = ("req_id" / Int32ul, "stat" / Int32ul)
PREFIX_LIST = ("list_next" / Int64ul, "list_prev" / Int64ul)
"""RFC v3 on: a kernel `struct list_head` put on the wire."""

PICTURE = Struct("width" / Int32ul, "height" / Int32ul, "stride" / Int32ul, "fourcc" / Bytes(4), "modifier" / Int64ul)
"""Private data as the QEMU RFC reads it (VDMABUFBlob, 24 bytes): pixels, bytes a line, DRM format and modifier."""
