"""Private data of exports as Weston sends it with a surface (vm-shared.h of Intel's Weston): three lengths of it."""

from typing import Any

from construct import Array, Bytes, Int32sl, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api

api.requires(1)

LARGEST = 1 << 15

_SOURCE = "Weston vm-shared.h"
_FRAME = api.explained(_SOURCE, (
    "version" / Int32ul, "output" / Int32ul, "counter" / Int32ul, "buffers" / Int32ul, "display_width" / Int32ul,
    "display_height" / Int32ul),
    version="of this layout", output="number of the display", counter="number of the frame",
    buffers="how many surfaces the frame has", display_width=("of the display", "pixels"),
    display_height=("of the display", "pixels"),
)  # fmt: skip
_PLANES = api.explained(_SOURCE, (
    "index" / Int32sl, "width" / Int32ul, "height" / Int32ul, "fourcc" / Bytes(4), "pitch" / Array(3, Int32ul),
    "offset" / Array(3, Int32ul)),
    index="which of the frame's surfaces it is", width=("of the surface", "pixels"),
    height=("of the surface", "pixels"), fourcc="the DRM format of its pixels",
    pitch="bytes from one line to the next, of each plane", offset="where each plane begins",
)  # fmt: skip
_REST = api.explained(_SOURCE, (
    "tile_format" / Int32ul, "rotation" / Int32ul, "status" / Int32ul, "updates" / Int32ul, "buffer" / Bytes(16),
    "surface_name" / Bytes(64), "surface_id" / Int64ul, "box" / Array(4, Int32sl)),
    tile_format="how pixels are tiled in memory, 0 line by line", rotation="how the surface is turned",
    status="what changed since the frame before", updates="how often it changed", buffer="identifier of the buffer",
    surface_name="what the surface is called", surface_id="number of the surface",
    box="left, top, right and bottom of it on the display",
)  # fmt: skip

_BITS = api.explained(_SOURCE, ("bpp" / Int32ul,), bpp=("of a pixel", "bits"))
_FILLED = api.explained(_SOURCE, ("padding" / Bytes(4),))

LAYOUTS: dict[str, Any] = {
    "weston-surface": Struct(*_PLANES, *_REST),
    "weston-surface-bpp": Struct(*_PLANES, *_BITS, *_REST[:4], *_FILLED, *_REST[4:]),
    "weston-frame": Struct(*_FRAME, *_PLANES, *_REST),
}
"""One surface; the same with its bits a pixel; one behind a frame's header."""


def _register(name: str, layout: Any) -> None:
    size, at = layout.sizeof(), sum(part.sizeof() for part in _FRAME) if name == "weston-frame" else 0

    @api.private_data(name, layout)
    def is_surface(data: bytes) -> bool:
        """Whether data of this length has a size and a format where a surface has them."""
        if len(data) != size:
            return False
        width, height = (int.from_bytes(data[at + n : at + n + 4], "little") for n in (4, 8))
        return 0 < width <= LARGEST and 0 < height <= LARGEST and data[at + 12 : at + 16].isascii()


for _name, _layout in LAYOUTS.items():
    _register(_name, _layout)
