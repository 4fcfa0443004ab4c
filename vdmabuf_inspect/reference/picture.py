"""A picture that tells where it came from: colour bars above, the frame number in black and white blocks below."""

from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

XR24 = int.from_bytes(b"XR24", "little")
"""DRM_FORMAT_XRGB8888."""
_PRIVATE = Struct("<IIIIQ")
_BARS = np.array([0xFFFFFF, 0xFFFF00, 0x00FFFF, 0x00FF00, 0xFF00FF, 0xFF0000, 0x0000FF, 0x202020], "<u4")
_BITS = 32


@dataclass(frozen=True, slots=True)
class Format:
    """What the private data of an EXPORT says of the picture: the 24 bytes that QEMU's patch reads."""

    width: int
    height: int
    stride: int
    fourcc: int = XR24
    modifier: int = 0

    @classmethod
    def of(cls, width: int, height: int) -> "Format":
        """XR24 without padding between the lines."""
        return cls(width, height, 4 * width)

    @classmethod
    def parse(cls, private: bytes) -> "Format | None":
        """None when the bytes are no such description."""
        return cls(*_PRIVATE.unpack_from(private)) if len(private) >= _PRIVATE.size else None

    def pack(self) -> bytes:
        """u32 width, height, stride, fourcc, u64 modifier."""
        return _PRIVATE.pack(self.width, self.height, self.stride, self.fourcc, self.modifier)

    @property
    def size(self) -> int:
        """Bytes of the picture."""
        return self.stride * self.height

    @property
    def sane(self) -> bool:
        """Whether a picture of ours can have this format."""
        return self.fourcc == XR24 and _BITS <= self.width <= 1 << 14 and 8 <= self.height <= 1 << 14


def paint(form: Format, frame: int) -> bytes:
    """The picture of one frame, `form.size` bytes; the bars move by a pixel each frame."""
    columns = (np.arange(form.width) + frame) % form.width
    line = _BARS[columns * len(_BARS) // form.width]
    image: NDArray[np.uint32] = np.broadcast_to(line, (form.height, form.width)).copy()
    image[-form.height // 8 :] = np.where(_bit_columns(form.width, frame), 0xFFFFFF, 0)
    return image.astype("<u4").tobytes()


def frame_number(form: Format, pixels: bytes) -> int | None:
    """The frame number painted in a picture; None when it is no picture of ours."""
    if not form.sane or len(pixels) < form.size or form.stride != 4 * form.width:
        return None
    line = np.frombuffer(pixels, "<u4", form.width, form.stride * (form.height - 1))
    firsts = -(-np.arange(_BITS) * form.width // _BITS)
    if not np.isin(line, (0, 0xFFFFFF)).all():
        return None
    return int(sum(1 << bit for bit, white in enumerate(line[firsts]) if white))


def _bit_columns(width: int, frame: int) -> NDArray[np.bool_]:
    bits = np.arange(width) * _BITS // width
    white: NDArray[np.bool_] = (frame & (1 << _BITS) - 1) >> bits & 1 == 1
    return white
