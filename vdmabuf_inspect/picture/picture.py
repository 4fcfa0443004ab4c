"""One picture read from memory, line by line; what is not there is shown as a checkerboard, never as black."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.errors import FaultError, InspectError
from vdmabuf_inspect.picture.formats import FORMATS, Bytes, Format, fourcc_name, fourcc_number

LINEAR = 0
INVALID = (1 << 56) - 1
"""DRM_FORMAT_MOD_INVALID: no modifier was said; what was made without one is read as linear."""
LARGEST_SIDE, LARGEST = 1 << 14, 1 << 25
"""Pixels of a side and of a picture that are read."""
LARGEST_STRIDE = 1 << 20
_ABSENT = np.array([0x60, 0x90], np.uint8)

ReadBytes = Callable[[int, int], bytes]
"""Reads `size` bytes at `offset` of the buffer: fewer where it ends, FaultError where memory is not there."""


class PictureError(InspectError):
    """Bytes that cannot be shown as a picture, and why."""


@dataclass(frozen=True)
class Layout:
    """What is known of a picture. `stride` is in bytes, 0 for lines without padding; `offset` where it begins."""

    fourcc: int
    width: int
    height: int
    stride: int = 0
    modifier: int = LINEAR
    offset: int = 0

    @classmethod
    def named(cls, name: str, width: int, height: int, stride: int = 0) -> "Layout":
        """By the format's four characters."""
        return cls(fourcc_number(name), width, height, stride)

    def thinned(self, lines: int) -> "Layout":
        """Every n-th line of it, at least `lines` of them where there are so many; one-plane formats only."""
        form, stride = self.checked()
        step = min(self.height // max(1, lines), LARGEST_STRIDE // stride)
        if step < 2 or len(form.plane_rows(self.height)) > 1:
            return self
        return replace(self, height=self.height // step, stride=stride * step)

    def checked(self) -> tuple[Format, int]:
        """The format and the stride. Raises PictureError with the first thing that cannot be."""
        form = FORMATS.get(fourcc_name(self.fourcc))
        if form is None:
            known = " ".join(FORMATS)
            raise PictureError(f"format {fourcc_name(self.fourcc)} is none that can be shown; known: {known}")
        if self.modifier not in (LINEAR, INVALID):
            raise PictureError(f"modifier {self.modifier:#x} is not linear: tiled or compressed, it cannot be shown")
        if not (0 < self.width <= LARGEST_SIDE and 0 < self.height <= LARGEST_SIDE):
            raise PictureError(f"{self.width} × {self.height} pixels: 1 to {LARGEST_SIDE} a side can be shown")
        if self.width * self.height > LARGEST:
            raise PictureError(f"{self.width} × {self.height} pixels: at most {LARGEST} can be shown")
        needed = form.line_bytes(self.width)
        stride = self.stride or needed
        if not needed <= stride <= LARGEST_STRIDE:
            raise PictureError(f"stride {stride}: {self.width} pixels of {fourcc_name(self.fourcc)} need {needed}")
        return form, stride


@dataclass(frozen=True, eq=False)
class Picture:
    """uint8[height, width, 3], and how many bytes of it could not be read."""

    layout: Layout
    rgb: Bytes
    absent: int = field(default=0)

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Lines."""
        return int(self.rgb.shape[0])


def picture_of(layout: Layout, read: ReadBytes) -> Picture:
    """The picture that lies so in a buffer. Raises PictureError when it cannot be shown; absent bytes are no error."""
    form, stride = layout.checked()
    size, at = form.line_bytes(layout.width), layout.offset
    planes, missing = [], np.zeros(layout.height, bool)
    absent = 0
    for rows in form.plane_rows(layout.height):
        plane, short = _plane(read, at, stride, rows, size)
        planes.append(plane)
        absent += int(short.sum())
        missing |= np.repeat(short > 0, -(-layout.height // rows))[: layout.height]
        at += stride * rows
    rgb = np.ascontiguousarray(form.rgb(planes, layout.width, layout.height))
    if missing.any():
        _mark(rgb, missing)
    return Picture(layout, rgb, absent)


def _plane(read: ReadBytes, at: int, stride: int, rows: int, size: int) -> tuple[Bytes, NDArray[np.int64]]:
    """uint8[rows, size], and how many bytes of each line are missing."""
    plane = np.zeros((rows, size), np.uint8)
    short = np.zeros(rows, np.int64)
    for row in range(rows):
        data = _line(read, at + row * stride, size)
        plane[row, : len(data)] = np.frombuffer(data, np.uint8)
        short[row] = size - len(data)
    return plane, short


def _line(read: ReadBytes, offset: int, size: int) -> bytes:
    try:
        return read(offset, size)[:size]
    except FaultError:
        return b""


def _mark(rgb: Bytes, missing: NDArray[np.bool_]) -> None:
    """A checkerboard over every line of which something is missing."""
    lines = np.flatnonzero(missing)
    squares = (lines[:, None] // 8 + np.arange(rgb.shape[1])[None, :] // 8) % 2
    rgb[lines] = _ABSENT[squares][..., None]
