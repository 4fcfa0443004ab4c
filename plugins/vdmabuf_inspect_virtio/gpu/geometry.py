"""Rules of sizes: rectangles within resources, transfers within their backing, blobs (VG84x)."""

from functools import partial

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.layouts import FORMATS, PIXEL
from vdmabuf_inspect_virtio.gpu.protocol import VIRGL

E, W = api.Severity.ERROR, api.Severity.WARNING
DRIVER = api.Culprit.DRIVER
CURSOR_SIDE = 64
GUEST = 1
_WITHIN = ("SET_SCANOUT", "RESOURCE_FLUSH", "TRANSFER_TO_HOST_2D")
_OF_BLOBS = ("SET_SCANOUT_BLOB", "RESOURCE_MAP_BLOB", "RESOURCE_UNMAP_BLOB")
_OF_IMAGES = ("SET_SCANOUT", "TRANSFER_TO_HOST_2D")

rule = partial(api.rule, on=api.On.MESSAGES, protocol="gpu", history=api.History.HELPS)


def _sized(m: api.Messages, *names: str) -> api.Array:
    """Mask of requests about a resource whose width and height are known."""
    known: api.Array = m.told(*names) & m.requests & (m.notes["number"] > 0) & (m.notes["width"] >= 0)
    return known


@rule(
    "VG841", "gpu-rectangle-outside", E, DRIVER, "5.7.6.8",
    "{command} of {buffer} reaches column {a}, beyond it|{command} of {buffer} reaches line {a}, beyond it",
)  # fmt: skip
def rectangle_outside(m: api.Messages) -> api.Hits:
    """What it does: checks that the rectangle of a transfer, a flush or a scanout lies within its resource.

    Why it is bad: the device answers ERR_INVALID_PARAMETER and the screen stays as it was.
    Example: a flush of the old size after a change of resolution.
    """
    right, bottom = (m.column(f"r.{at}") + m.column(f"r.{size}") for at, size in (("x", "width"), ("y", "height")))
    beyond, below = right > m.notes["width"], bottom > m.notes["height"]
    return api.Hits(_sized(m, *_WITHIN) & (beyond | below), np.where(beyond, right, bottom), np.where(beyond, 0, 1))


@rule("VG842", "gpu-transfer-past-backing", E, DRIVER, "5.7.6.8", "{command} reads {a} bytes of {buffer}, it has {b}")
def transfer_past_backing(m: api.Messages) -> api.Hits:
    """What it does: checks that a transfer ends within the backing: it begins at `offset`, lines follow at the
    width of the resource.

    Why it is bad: the device reads nothing, or what was there before.
    Example: an `offset` in pixels where bytes are meant.
    """
    stride, backing = m.notes["width"] * PIXEL, m.notes["backing"]
    end = m.column("offset") + (m.column("r.height") - 1) * stride + m.column("r.width") * PIXEL
    return api.Hits(_sized(m, "TRANSFER_TO_HOST_2D") & (backing > 0) & (end > backing), end, backing)


@rule("VG843", "gpu-backing-too-small", W, DRIVER, "5.7.6.8", "{buffer} has {a} bytes of backing and takes {b}")
def backing_too_small(m: api.Messages) -> api.Hits:
    """What it does: checks that the backing of a 2D resource has room for all its pixels.

    Why it is bad: the last lines cannot be transferred.
    Example: a list that was cut where a request had no room for more entries.
    """
    listed, needed = m.notes["listed"], m.notes["width"] * m.notes["height"] * PIXEL
    there = (m.notes["blob"] == 0) & m.notes["flat"].astype(bool) & (listed >= 0)
    return api.Hits(_sized(m, "RESOURCE_ATTACH_BACKING") & there & (listed < needed), listed, needed)


@rule("VG844", "gpu-format-unknown", E, DRIVER, "5.7.6.8", "{command} of {buffer} in format {a}")
def format_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a 2D resource or the scanout of a blob has a format of the specification.

    Why it is bad: the device refuses it.
    Example: a fourcc where the device's own numbers are meant.
    """
    number = m.column("format")
    formatted = m.told("RESOURCE_CREATE_2D", "SET_SCANOUT_BLOB") & m.requests & m.has("format")
    shown = ~m.told("SET_SCANOUT_BLOB") | (m.notes["number"] > 0)
    return api.Hits(formatted & shown & ~np.isin(number, list(FORMATS.values())), number)


@rule("VG845", "gpu-resource-empty", E, DRIVER, "5.7.6.8", "{command} makes {buffer} without a pixel or a byte")
def resource_empty(m: api.Messages) -> api.Array:
    """What it does: checks that neither width, height nor the size of a blob is 0 when a resource is made.

    Why it is bad: the device refuses it, or nothing can ever be shown of it.
    Example: a frame buffer for a display that was just unplugged.
    """
    flat = m.told("RESOURCE_CREATE_2D") & m.has("height") & ((m.column("width") == 0) | (m.column("height") == 0))
    blob = m.told("RESOURCE_CREATE_BLOB") & m.has("size") & (m.column("size") == 0)
    empty: api.Array = m.requests & (flat | blob)
    return empty


@rule("VG846", "gpu-cursor-size-wrong", E, DRIVER, "5.7.6.10", "a cursor of {a} by {b}: it takes 64 by 64")
def cursor_size_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that the resource of UPDATE_CURSOR is 64 pixels wide and high.

    Why it is bad: the device shows no cursor, or the old one.
    Example: a compositor that asks for a cursor of 128 by 128 on a large screen.
    """
    width, height = m.notes["width"], m.notes["height"]
    wrong = (width != CURSOR_SIDE) | (height != CURSOR_SIDE)
    return api.Hits(_sized(m, "UPDATE_CURSOR") & wrong, width, height)


@rule("VG847", "gpu-blob-memory-wrong", E, DRIVER, "5.7.6.8", "{buffer} is a blob of memory type {a} and flags {b}")
def blob_memory_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that `blob_mem` is GUEST, HOST3D or HOST3D_GUEST, the latter two only with VIRGL, and that
    `blob_flags` has no other bits than mappable, shareable and cross-device.

    Why it is bad: the device refuses the blob, or makes it elsewhere than the driver thinks.
    Example: a driver that asks for host memory of a device that has no 3D.
    """
    memory, flags = m.column("blob_mem"), m.column("blob_flags")
    of_host = (memory > GUEST) & (m.features >> VIRGL & 1 == 0)
    wrong = (memory < 1) | (memory > 3) | of_host | (flags > 7)
    return api.Hits(m.told("RESOURCE_CREATE_BLOB") & m.requests & m.has("blob_flags") & wrong, memory, flags)


@rule(
    "VG848", "gpu-resource-kind-wrong", E, DRIVER, "5.7.6.8",
    "{command} of {buffer}, which is no blob|{command} of {buffer}, which is a blob",
)  # fmt: skip
def resource_kind_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that blobs are shown by SET_SCANOUT_BLOB and mapped, other resources shown by SET_SCANOUT
    and transferred.

    Why it is bad: the device refuses it: a blob has no size in pixels of its own, others cannot be mapped.
    Example: a transfer of a guest blob, whose bytes the device reads where they are.
    """
    blob, known = m.notes["blob"], m.requests & (m.notes["number"] > 0)
    no_blob, is_blob = m.told(*_OF_BLOBS) & (blob == 0), m.told(*_OF_IMAGES) & (blob > 0)
    return api.Hits(known & (no_blob | is_blob), blob, is_blob.astype(np.int64))


@rule("VG849", "gpu-scanout-past-blob", E, DRIVER, "5.7.6.8", "{command} shows {a} bytes of {buffer}, it has {b}")
def scanout_past_blob(m: api.Messages) -> api.Hits:
    """What it does: checks that the first plane of a scanout ends within its blob: `offsets[0]`, then `height` lines of
    `strides[0]`.

    Why it is bad: the device would read past the blob and refuses it.
    Example: a stride in pixels where bytes are meant, or a height before the rotation.
    """
    end = m.column("offsets[0]") + (m.column("height") - 1) * m.column("strides[0]") + m.column("width") * PIXEL
    blob = m.notes["blob"]
    return api.Hits(m.told("SET_SCANOUT_BLOB") & m.requests & (blob > 0) & (end > blob), end, blob)
