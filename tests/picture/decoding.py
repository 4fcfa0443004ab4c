"""PNG and Sixel readers of their own, so that what we write is read by other code."""

import re
import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """uint8[height, width, 3] of a true colour PNG without filters."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, width, height = 8, b"", 0, 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + chunk)
        if kind == b"IHDR":
            width, height, *rest = struct.unpack(">IIBBBBB", chunk)
            assert rest == [8, 2, 0, 0, 0]
        body += chunk if kind == b"IDAT" else b""
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def decode_sixel(text: str) -> NDArray[np.uint8]:
    """uint8[height, width, 3] of Sixel with raster attributes."""
    body = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', text)
    assert body is not None
    width, height = int(body[1]), int(body[2])
    colours: dict[int, list[int]] = {}
    rgb, x, y, colour = np.zeros((height, width, 3), np.uint8), 0, 0, 0
    for number, defined, count, sign, move in re.findall(r"#(\d+)((?:;\d+)*)|!(\d+)([?-~])|([$-])", body[3]):
        if defined:
            colours[int(number)] = [round(int(v) * 2.55) for v in defined.split(";")[2:]]
        elif number:
            colour = int(number)
        elif move:
            x, y = 0, y + 6 * (move == "-")
        else:
            for bit in range(6):
                if (ord(sign) - 63) >> bit & 1:
                    rgb[y + bit, x : x + int(count)] = colours[colour]
            x += int(count)
    return rgb
