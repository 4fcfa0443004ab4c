"""Compressions of single pages by name. All but zlib need a package that is installed only when asked for."""

import zlib
from collections.abc import Callable
from importlib.util import find_spec

from vdmabuf_inspect.errors import SourceError

Unpack = Callable[[bytes, int], bytes]
"""Compressed bytes and the size of what they unpack to; whatever is wrong with them raises, nothing grows past it."""

PACKAGES = {"zlib": "zlib", "lzo": "lzallright", "snappy": "cramjam", "zstd": "cramjam"}
"""The module that unpacks each of them."""


def unpacker(codec: str) -> Unpack:
    """How to unpack `codec`, one of PACKAGES."""
    return _UNPACK[codec]


def require(name: str, codec: str) -> None:
    """Raises SourceError, with what to install, when `codec` cannot be unpacked here; `name` is the file's."""
    if find_spec(PACKAGES[codec]) is None:
        raise SourceError(f"{name}: compressed with {codec}, which needs a package: pip install {PACKAGES[codec]}")


def _zlib(data: bytes, size: int) -> bytes:
    return zlib.decompressobj().decompress(data, size)


def _lzo(data: bytes, size: int) -> bytes:
    from lzallright import LZOCompressor

    return LZOCompressor.decompress(data, size)[:size]


def _snappy(data: bytes, size: int) -> bytes:
    from cramjam import snappy

    if snappy.decompress_raw_len(data) > size:
        raise ValueError("more than was promised")
    return bytes(snappy.decompress_raw(data))


def _zstd(data: bytes, size: int) -> bytes:
    from cramjam import zstd

    page = bytearray(size)
    return bytes(page[: zstd.decompress_into(data, page)])


_UNPACK: dict[str, Unpack] = {"zlib": _zlib, "lzo": _lzo, "snappy": _snappy, "zstd": _zstd}
