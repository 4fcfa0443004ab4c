"""A resource's pixels: where they are in guest memory and how they lie there, from the commands about it."""

from collections.abc import Sequence
from typing import Any

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.backing import entries_of
from vdmabuf_inspect_virtio.gpu.layouts import FORMATS, PIXEL, REQUESTS

FOURCC = {
    "B8G8R8A8": "AR24", "B8G8R8X8": "XR24", "A8R8G8B8": "BA24", "X8R8G8B8": "BX24", "R8G8B8A8": "AB24",
    "X8B8G8R8": "RX24", "A8B8G8R8": "RA24", "R8G8B8X8": "XB24",
}  # fmt: skip
"""DRM's names count from the most significant bit, the device's from the first byte."""
_NAMES = {number: FOURCC[name] for name, number in FORMATS.items()}
_ENDS = ("RESOURCE_DETACH_BACKING", "RESOURCE_UNREF")


class _Resource:
    """What is known of one resource after some of its commands."""

    def __init__(self) -> None:
        self.runs: tuple[tuple[int, int], ...] = ()
        self.layout: api.Layout | None = None
        self.cut = ""

    def take(self, command: str, data: bytes) -> None:
        layout = REQUESTS.get(command)
        if layout is None or len(data) < layout.sizeof():
            return
        values: Any = layout.parse(data)
        if command in ("RESOURCE_CREATE_2D", "RESOURCE_CREATE_3D"):
            self.runs, self.cut = (), ""
            self.layout = _layout(values.format, values.width, values.height, values.width * PIXEL)
        elif command == "SET_SCANOUT_BLOB":
            self.layout = _layout(
                values.format, values.width, values.height, values["strides[0]"], values["offsets[0]"]
            )
        elif command in ("RESOURCE_ATTACH_BACKING", "RESOURCE_CREATE_BLOB"):
            self._back(data, layout.sizeof(), int(values.nr_entries))
        elif command in _ENDS:
            self.runs, self.cut = (), ""

    def _back(self, data: bytes, offset: int, count: int) -> None:
        entries = entries_of(data, offset, count)
        self.runs = tuple((int(each["addr"]), int(each["length"])) for each in entries)
        self.cut = f"of {count} entries of its backing only {len(entries)} were kept" if len(entries) < count else ""


def contents(told: Sequence[api.Told]) -> api.Contents:
    """What a resource holds after these commands."""
    resource = _Resource()
    for each in told:
        resource.take(each.command, each.data)
    missing = [] if resource.runs else ["its backing is not known: no RESOURCE_ATTACH_BACKING was seen"]
    missing += [resource.cut] if resource.cut else []
    missing += [] if resource.layout else ["its size and format are not known: its creation was not seen"]
    return api.Contents(resource.runs, resource.layout, "; ".join(missing))


def _layout(form: Any, width: int, height: int, stride: int, offset: int = 0) -> "api.Layout | None":
    fourcc = _NAMES.get(int(form))
    return api.Layout(api.fourcc_number(fourcc), width, height, stride, offset=offset) if fourcc else None
