"""The bytes of a vdmabuf message, each layout said once. Imported when first needed: construct costs start-up."""

from typing import Any

from construct import Array, Bytes, Int32ul, Int64ul, Struct

from vdmabuf_inspect.protocols.vdmabuf.layout import OP_SIZE, PRIVATE_ROOM, Op

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

PREFIXES: dict[str, tuple[Any, ...]] = {
    "none": (),
    "request": ("req_id" / Int32ul, "stat" / Int32ul),
    "list": ("list_next" / Int64ul, "list_prev" / Int64ul),
}
"""What a dialect has ahead of the command; from RFC v3 on a kernel `struct list_head` put on the wire."""

PICTURE = Struct("width" / Int32ul, "height" / Int32ul, "stride" / Int32ul, "fourcc" / Bytes(4), "modifier" / Int64ul)
"""Private data as the QEMU RFC reads it (VDMABUFBlob, 24 bytes): pixels, bytes a line, DRM format and modifier."""
