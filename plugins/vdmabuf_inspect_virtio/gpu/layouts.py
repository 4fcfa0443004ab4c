"""Layouts of virtio-gpu's commands and responses, and their numbers by name (virtio 1.2, 5.7.6)."""

from typing import Any

from construct import Bytes, Enum, FlagsEnum, Int8ul, Int16ub, Int16ul, Int32ul, Int64ul, Struct

from vdmabuf_inspect_virtio.gpu.meanings import NO_FLAGS, SURFACE_FLAGS, explained, numbers

COMMANDS = {
    "GET_DISPLAY_INFO": 0x0100, "RESOURCE_CREATE_2D": 0x0101, "RESOURCE_UNREF": 0x0102, "SET_SCANOUT": 0x0103,
    "RESOURCE_FLUSH": 0x0104, "TRANSFER_TO_HOST_2D": 0x0105, "RESOURCE_ATTACH_BACKING": 0x0106,
    "RESOURCE_DETACH_BACKING": 0x0107, "GET_CAPSET_INFO": 0x0108, "GET_CAPSET": 0x0109, "GET_EDID": 0x010A,
    "RESOURCE_ASSIGN_UUID": 0x010B, "RESOURCE_CREATE_BLOB": 0x010C, "SET_SCANOUT_BLOB": 0x010D,
    "CTX_CREATE": 0x0200, "CTX_DESTROY": 0x0201, "CTX_ATTACH_RESOURCE": 0x0202, "CTX_DETACH_RESOURCE": 0x0203,
    "RESOURCE_CREATE_3D": 0x0204, "TRANSFER_TO_HOST_3D": 0x0205, "TRANSFER_FROM_HOST_3D": 0x0206, "SUBMIT_3D": 0x0207,
    "RESOURCE_MAP_BLOB": 0x0208, "RESOURCE_UNMAP_BLOB": 0x0209, "UPDATE_CURSOR": 0x0300, "MOVE_CURSOR": 0x0301,
}  # fmt: skip
RESPONSES = {
    "OK_NODATA": 0x1100, "OK_DISPLAY_INFO": 0x1101, "OK_CAPSET_INFO": 0x1102, "OK_CAPSET": 0x1103, "OK_EDID": 0x1104,
    "OK_RESOURCE_UUID": 0x1105, "OK_MAP_INFO": 0x1106, "ERR_UNSPEC": 0x1200, "ERR_OUT_OF_MEMORY": 0x1201,
    "ERR_INVALID_SCANOUT_ID": 0x1202, "ERR_INVALID_RESOURCE_ID": 0x1203, "ERR_INVALID_CONTEXT_ID": 0x1204,
    "ERR_INVALID_PARAMETER": 0x1205,
}  # fmt: skip
FORMATS = {
    "B8G8R8A8": 1, "B8G8R8X8": 2, "A8R8G8B8": 3, "X8R8G8B8": 4, "R8G8B8A8": 67, "X8B8G8R8": 68, "A8B8G8R8": 121,
    "R8G8B8X8": 134,
}  # fmt: skip
"""All of four bytes a pixel, named in the order in which the bytes stand."""
PIXEL = 4
SCANOUTS = 16
NO_DATA = RESPONSES["OK_NODATA"]
FIRST_ERROR = RESPONSES["ERR_UNSPEC"]

HEADER = explained(
    "5.7.6.7",
    "type" / Enum(Int32ul, **COMMANDS, **RESPONSES),
    "flags" / FlagsEnum(Int32ul, FENCE=1, INFO_RING_IDX=2),
    "fence_id" / Int64ul,
    "ctx_id" / Int32ul,
    "ring_idx" / Int8ul,
    "padding" / Bytes(3),
)
RECTANGLE = explained("5.7.6.8", *numbers("x", "y", "width", "height"))
BOX = explained("Linux virtio_gpu.h", *numbers("x", "y", "z", "w", "h", "d"))
POSITION = explained("5.7.6.10", *numbers("scanout_id"), *numbers("x", "y"), *numbers("padding"))
MODE = explained("5.7.6.8", "r" / RECTANGLE, *numbers("enabled"), "flags" / Int32ul * NO_FLAGS)
EDID = explained(
    "VESA E-EDID 3", "magic" / Bytes(8), "manufacturer" / Int16ub, "product" / Int16ul, "serial" / Int32ul,
    "week" / Int8ul, "year" / Int8ul, "version" / Int8ul, "revision" / Int8ul, "rest" / Bytes(1004),
)  # fmt: skip
"""The beginning of VESA's base block; years count from 1990."""
ENTRY = explained("5.7.6.8", "addr" / Int64ul, *numbers("length", "padding"))
_FORMAT = Enum(Int32ul, **FORMATS)
_CAPSET = Enum(Int32ul, VIRGL=1, VIRGL2=2, GFXSTREAM_VULKAN=3, VENUS=4, CROSS_DOMAIN=5, DRM=6)
_TARGET = Enum(
    Int32ul, BUFFER=0, TEXTURE_1D=1, TEXTURE_2D=2, TEXTURE_3D=3, TEXTURE_CUBE=4, TEXTURE_RECT=5, TEXTURE_1D_ARRAY=6,
    TEXTURE_2D_ARRAY=7, TEXTURE_CUBE_ARRAY=8,
)  # fmt: skip
"""As Gallium numbers them."""


def message(*fields: Any) -> Struct:
    """A layout that begins with the header."""
    return explained("5.7.6.8", "hdr" / HEADER, *fields)


_PLAIN = message()
_RESOURCE = message(*numbers("resource_id", "padding"))
_TRANSFER_3D = message(
    "box" / BOX, "offset" / Int64ul, *numbers("resource_id", "level", "stride", "layer_stride")
)  # fmt: skip
_CURSOR = message("pos" / POSITION, *numbers("resource_id", "hot_x", "hot_y", "padding"))

REQUESTS = {
    "GET_DISPLAY_INFO": _PLAIN,
    "RESOURCE_CREATE_2D": message("resource_id" / Int32ul, "format" / _FORMAT, *numbers("width", "height")),
    "RESOURCE_UNREF": _RESOURCE,
    "SET_SCANOUT": message("r" / RECTANGLE, *numbers("scanout_id", "resource_id")),
    "RESOURCE_FLUSH": message("r" / RECTANGLE, *numbers("resource_id", "padding")),
    "TRANSFER_TO_HOST_2D": message("r" / RECTANGLE, "offset" / Int64ul, *numbers("resource_id", "padding")),
    "RESOURCE_ATTACH_BACKING": message(*numbers("resource_id", "nr_entries")),
    "RESOURCE_DETACH_BACKING": _RESOURCE,
    "GET_CAPSET_INFO": message(*numbers("capset_index", "padding")),
    "GET_CAPSET": message("capset_id" / _CAPSET, *numbers("capset_version")),
    "GET_EDID": message(*numbers("scanout", "padding")),
    "RESOURCE_ASSIGN_UUID": _RESOURCE,
    "RESOURCE_CREATE_BLOB": message(
        "resource_id" / Int32ul,
        "blob_mem" / Enum(Int32ul, GUEST=1, HOST3D=2, HOST3D_GUEST=3),
        "blob_flags" / FlagsEnum(Int32ul, USE_MAPPABLE=1, USE_SHAREABLE=2, USE_CROSS_DEVICE=4),
        "nr_entries" / Int32ul,
        "blob_id" / Int64ul,
        "size" / Int64ul,
    ),
    "SET_SCANOUT_BLOB": message(
        "r" / RECTANGLE,
        *numbers("scanout_id", "resource_id"),
        *numbers("width", "height"),
        "format" / _FORMAT,
        *numbers("padding", *(f"strides[{i}]" for i in range(4)), *(f"offsets[{i}]" for i in range(4))),
    ),
    "CTX_CREATE": message(*numbers("nlen", "context_init"), "debug_name" / Bytes(64)),
    "CTX_DESTROY": _PLAIN,
    "CTX_ATTACH_RESOURCE": _RESOURCE,
    "CTX_DETACH_RESOURCE": _RESOURCE,
    "RESOURCE_CREATE_3D": message(
        *numbers("resource_id"),
        "target" / _TARGET,
        "format" / _FORMAT,
        *numbers("bind"),
        *numbers("width", "height"),
        *numbers("depth", "array_size", "last_level", "nr_samples"),
        "flags" / Int32ul * SURFACE_FLAGS,
        *numbers("padding"),
    ),
    "TRANSFER_TO_HOST_3D": _TRANSFER_3D,
    "TRANSFER_FROM_HOST_3D": _TRANSFER_3D,
    "SUBMIT_3D": message(*numbers("size", "padding")),
    "RESOURCE_MAP_BLOB": message(*numbers("resource_id", "padding"), "offset" / Int64ul),
    "RESOURCE_UNMAP_BLOB": _RESOURCE,
    "UPDATE_CURSOR": _CURSOR,
    "MOVE_CURSOR": _CURSOR,
}
ANSWERS = {
    "OK_DISPLAY_INFO": message(*(f"pmodes[{i}]" / MODE for i in range(SCANOUTS))),
    "OK_CAPSET_INFO": message("capset_id" / _CAPSET, *numbers("capset_max_version", "capset_max_size", "padding")),
    "OK_CAPSET": _PLAIN,
    "OK_EDID": message(*numbers("size", "padding"), "edid" / EDID),
    "OK_RESOURCE_UUID": message("uuid" / Bytes(16)),
    "OK_MAP_INFO": message(
        "map_info" / Enum(Int32ul, CACHE_NONE=0, CACHE_CACHED=1, CACHE_UNCACHED=2, CACHE_WC=3), "padding" / Int32ul
    ),
}
SAYS = {
    "GET_DISPLAY_INFO": "OK_DISPLAY_INFO", "GET_CAPSET_INFO": "OK_CAPSET_INFO", "GET_CAPSET": "OK_CAPSET",
    "GET_EDID": "OK_EDID", "RESOURCE_ASSIGN_UUID": "OK_RESOURCE_UUID", "RESOURCE_MAP_BLOB": "OK_MAP_INFO",
}  # fmt: skip
"""What a command is answered with when all went well, where that is not OK_NODATA."""
