"""What the fields of a vdmabuf message mean, in a sentence each, and where that is said."""

from vdmabuf_inspect.protocols.vdmabuf.layout import PRIVATE_LIMIT, PRIVATE_ROOM, Op

_SPEC = "Device Operation"
_EXPORT = "Device Operation, Export"
_RELEASE = "Device Operation, Release"
_LINUX = "Linux RFC, virtio_vdmabuf.h"
_LAID_OUT = "Device Operation, Export; Linux RFC"
_QEMU = "QEMU RFC, VDMABUFBlob"
_POINTER = ("a kernel list pointer of the driver's, on the wire by accident; means nothing to the device", _LINUX)

MEANINGS: dict[str, tuple[str, str]] = {
    "cmd": ("which message it is; the 256 bytes behind it are read accordingly", _SPEC),
    "op": ("256 bytes whose layout depends on the command, which is not a known one", _SPEC),
    "id": ("names the buffer: 64 bits of VM ID and counter, then 64 random bits; new for each export", _SPEC),
    "id.low": ("one half of the ID: the VM ID in the specification's text, the counter in every Linux driver", _SPEC),
    "id.high": ("the other half: the counter in the specification's text, the VM ID in every Linux driver", _SPEC),
    "id.key": ("random, so that the identifier is unlike any other, also after a counter begins anew", _SPEC),
    "pages": ("how many 4096-byte pages the buffer has; at most 512 x 512 can be listed", _LAID_OUT),
    "first_offset": ("where in its first page the buffer begins, below 4096", _LAID_OUT),
    "last_length": ("how many bytes of its last page belong to the buffer, at most 4096", _LAID_OUT),
    "reference": ("address of the root page of a two-level list of the buffer's pages", _LAID_OUT),
    "private_size": (f"bytes of private data: {PRIVATE_ROOM} have room, Linux takes {PRIVATE_LIMIT}", _LAID_OUT),
    "private": ("whatever driver and device have agreed on about the buffer", _SPEC),
    "private.width": ("pixels of a line of the picture", _QEMU),
    "private.height": ("lines of the picture", _QEMU),
    "private.stride": ("bytes from one line of the picture to the next", _QEMU),
    "private.fourcc": ("the DRM format of the picture's pixels", _QEMU),
    "private.modifier": ("the DRM modifier: how pixels are tiled in memory; 0 is line by line", _QEMU),
    "vmid": ("the VM ID that the device gives; zero in the driver's request", f"{_SPEC}, VM ID"),
    "req_id": ("number of the request, which the answer in the same buffer repeats", "Linux RFC v1"),
    "stat": ("how the request went: written by the device into the request's own buffer", "Linux RFC v1"),
    "list_next": _POINTER,
    "list_prev": _POINTER,
    "padding": ("fills the structure up to its alignment", _LINUX),
}  # fmt: skip
"""Sentence and source by path within the body."""

_REST = {
    Op.NEED_VMID: ("has to be zero", f"{_SPEC}, VM ID"),
    Op.DMABUF_REL: ("has to be zero in a release", _RELEASE),
    Op.UNEXPORT: ("means nothing", _LINUX),
}


def meaning(op: Op, path: str) -> tuple[str, str] | None:
    """(sentence, source) of a field; None for one that says nothing by itself."""
    path = path.removeprefix("op.")
    return _REST.get(op) if path == "rest" else MEANINGS.get(path)
