"""DRM formats by their four characters (drm_fourcc.h): what one line of pixels holds and how it becomes RGB.

The names count from the most significant bit of a little-endian word: XR24 is x:R:G:B, in memory B, G, R, x.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


class Format(Protocol):
    """How pixels lie in one or more planes; the second plane follows the first one's last line at the same stride."""

    def plane_rows(self, height: int) -> tuple[int, ...]:
        """Lines of each plane."""

    def line_bytes(self, width: int) -> int:
        """Bytes of a line of either plane."""

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        """uint8[height, width, 3] from uint8[lines, line_bytes] of each plane."""


class _OnePlane:
    def plane_rows(self, height: int) -> tuple[int, ...]:
        return (height,)


@dataclass(frozen=True)
class Ordered(_OnePlane):
    """Whole bytes: `size` of them a pixel, red, green and blue at the places in `order`."""

    size: int
    order: tuple[int, int, int]

    def line_bytes(self, width: int) -> int:
        return self.size * width

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        pixels = planes[0].reshape(height, width, self.size)
        return pixels[..., list(self.order)]


@dataclass(frozen=True)
class Packed(_OnePlane):
    """Bit fields in a word of `size` bytes: (shift, bits) of red, green and blue."""

    size: int
    fields: tuple[tuple[int, int], ...]

    def line_bytes(self, width: int) -> int:
        return self.size * width

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        words = np.ascontiguousarray(planes[0]).view(f"<u{self.size}")
        result = np.empty((height, width, 3), np.uint8)
        for place, (shift, bits) in enumerate(self.fields):
            top = (1 << bits) - 1
            full = (np.arange(top + 1) * 510 + top) // (2 * top)
            result[..., place] = full.astype(np.uint8)[words >> shift & top]
        return result


@dataclass(frozen=True)
class Interleaved(_OnePlane):
    """4:2:2: two pixels in four bytes; `order` are the places of luma 0, luma 1, blue and red difference."""

    order: tuple[int, int, int, int]

    def line_bytes(self, width: int) -> int:
        return 4 * -(-width // 2)

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        pairs = planes[0].reshape(height, -1, 4)
        first, second, blue, red = self.order
        luma = pairs[..., [first, second]].reshape(height, -1)[:, :width]
        wide = pairs[..., [blue, red]].repeat(2, axis=1)[:, :width]
        return _from_yuv(luma, wide[..., 0], wide[..., 1])


@dataclass(frozen=True)
class SemiPlanar:
    """4:2:0: a plane of luma, then one of interleaved differences; `blue` is the place of the blue one."""

    blue: int

    def plane_rows(self, height: int) -> tuple[int, ...]:
        return height, -(-height // 2)

    def line_bytes(self, width: int) -> int:
        return 2 * -(-width // 2)

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        luma, pairs = planes[0][:, :width], planes[1].reshape(len(planes[1]), -1, 2)
        wide = pairs.repeat(2, axis=0)[:height].repeat(2, axis=1)[:, :width]
        return _from_yuv(luma, wide[..., self.blue], wide[..., 1 - self.blue])


@dataclass(frozen=True)
class Grey(_OnePlane):
    """One byte a pixel."""

    def line_bytes(self, width: int) -> int:
        return width

    def rgb(self, planes: list[Bytes], width: int, height: int) -> Bytes:
        return planes[0].reshape(height, width, 1).repeat(3, axis=2)


def _from_yuv(luma: Bytes, blue: Bytes, red: Bytes) -> Bytes:
    """ITU-R BT.601, limited range (luma 16 to 235), which a fourcc by itself means."""
    y = 1.164383 * (luma.astype(np.float32) - 16)
    u, v = blue.astype(np.float32) - 128, red.astype(np.float32) - 128
    parts = (y + 1.596027 * v, y - 0.391762 * u - 0.812968 * v, y + 2.017232 * u)
    rgb: Bytes = np.clip(np.rint(np.stack(parts, axis=-1)), 0, 255).astype(np.uint8)
    return rgb


def _bits(size: int, *fields: int, bits: int) -> Packed:
    return Packed(size, tuple((shift, bits) for shift in fields))


def _words(names: str, form: Format) -> dict[str, Format]:
    """The same with padding and with alpha, which is not shown."""
    return dict.fromkeys(names.split(), form)


FORMATS: dict[str, Format] = {
    **_words("XR24 AR24", Ordered(4, (2, 1, 0))),
    **_words("XB24 AB24", Ordered(4, (0, 1, 2))),
    **_words("RX24 RA24", Ordered(4, (3, 2, 1))),
    **_words("BX24 BA24", Ordered(4, (1, 2, 3))),
    "RG24": Ordered(3, (2, 1, 0)),
    "BG24": Ordered(3, (0, 1, 2)),
    "RG16": Packed(2, ((11, 5), (5, 6), (0, 5))),
    "BG16": Packed(2, ((0, 5), (5, 6), (11, 5))),
    **_words("XR15 AR15", _bits(2, 10, 5, 0, bits=5)),
    **_words("XB15 AB15", _bits(2, 0, 5, 10, bits=5)),
    **_words("XR12 AR12", _bits(2, 8, 4, 0, bits=4)),
    **_words("XB12 AB12", _bits(2, 0, 4, 8, bits=4)),
    **_words("RX12 RA12", _bits(2, 12, 8, 4, bits=4)),
    **_words("BX12 BA12", _bits(2, 4, 8, 12, bits=4)),
    **_words("XR30 AR30", _bits(4, 20, 10, 0, bits=10)),
    **_words("XB30 AB30", _bits(4, 0, 10, 20, bits=10)),
    **_words("RX30 RA30", _bits(4, 22, 12, 2, bits=10)),
    **_words("BX30 BA30", _bits(4, 2, 12, 22, bits=10)),
    "NV12": SemiPlanar(0),
    "NV21": SemiPlanar(1),
    "YUYV": Interleaved((0, 2, 1, 3)),
    "YVYU": Interleaved((0, 2, 3, 1)),
    "UYVY": Interleaved((1, 3, 0, 2)),
    "VYUY": Interleaved((1, 3, 2, 0)),
    "R8": Grey(),
}
"""Every format that can be shown, by its fourcc without trailing blanks."""

_BIG_ENDIAN = 1 << 31
"""DRM_FORMAT_BIG_ENDIAN, a flag in the number."""


def fourcc_name(number: int) -> str:
    """The four characters of a DRM format number, as hex where they are none."""
    raw = (number & ~_BIG_ENDIAN).to_bytes(4, "little")
    if number & _BIG_ENDIAN or not all(32 <= each < 127 for each in raw):
        return hex(number)
    return raw.decode("ascii").rstrip()


def fourcc_number(name: str) -> int:
    """The number behind four characters. Raises ValueError when they are more, or none of ASCII."""
    raw = name.encode("ascii", "strict").ljust(4)
    if len(raw) != 4:
        raise ValueError(f"{name!r} is not four characters")
    return int.from_bytes(raw, "little")
