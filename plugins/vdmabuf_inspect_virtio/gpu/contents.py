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
_CREATES = ("RESOURCE_CREATE_2D", "RESOURCE_CREATE_3D")
_BACKS = ("RESOURCE_ATTACH_BACKING", "RESOURCE_CREATE_BLOB")
_ENDS = ("RESOURCE_DETACH_BACKING", "RESOURCE_UNREF")
READS = frozenset((*_CREATES, *_BACKS, *_ENDS, "SET_SCANOUT_BLOB"))
"""The commands that say where a resource is and what it looks like."""


class _Resource:
    """What is known of one resource after some of its commands; `bare` and `shapeless` say why something is not."""

    def __init__(self) -> None:
        self.runs: tuple[tuple[int, int], ...] = ()
        self.layout: api.Layout | None = None
        self.cut = ""
        self.bare = "its backing is not known: no RESOURCE_ATTACH_BACKING was seen"
        self.shapeless = "its size and format are not known: its creation was not seen"

    def take(self, command: str, data: bytes) -> None:
        """Go on with the next command."""
        layout = REQUESTS.get(command)
        if layout is None or len(data) < layout.sizeof():
            return
        values: Any = layout.parse(data)
        if command in _CREATES:
            self._lose("it has no backing yet")
            self._shape(values, values.width * PIXEL)
        elif command == "SET_SCANOUT_BLOB":
            self._shape(values, values["strides[0]"], values["offsets[0]"])
        elif command in _BACKS:
            self._back(command, data, layout.sizeof(), int(values.nr_entries))
        elif command in _ENDS:
            self._lose(f"it has no backing since {command}")

    def missing(self) -> str:
        """What is not known, in words."""
        words = ("" if self.runs else self.bare, self.cut, "" if self.layout else self.shapeless)
        return "; ".join(filter(None, words))

    def _lose(self, why: str) -> None:
        self.runs, self.cut, self.bare = (), "", why

    def _shape(self, values: Any, stride: int, offset: int = 0) -> None:
        fourcc = _NAMES.get(int(values.format))
        self.shapeless = f"its format {values.format} is none that the specification has"
        self.layout = None
        if fourcc is not None:
            number = api.fourcc_number(fourcc)
            self.layout = api.Layout(number, values.width, values.height, stride, offset=offset)

    def _back(self, command: str, data: bytes, offset: int, count: int) -> None:
        entries = entries_of(data, offset, count)
        self.runs = tuple((int(each["addr"]), int(each["length"])) for each in entries)
        self.cut = f"of {count} entries of its backing only {len(entries)} were kept" if len(entries) < count else ""
        if command == "RESOURCE_CREATE_BLOB":
            self.layout, self.shapeless = None, "its size and format are not known: no SET_SCANOUT_BLOB was seen"


def contents(told: Sequence[api.Told]) -> api.Contents:
    """What a resource holds after these commands."""
    resource = _Resource()
    for each in told:
        resource.take(each.command, each.data)
    return api.Contents(resource.runs, resource.layout, resource.missing())
