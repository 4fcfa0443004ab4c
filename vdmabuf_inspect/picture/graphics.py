"""A picture in what terminals draw themselves: Kitty's graphics protocol, and Sixel with a cube of 216 colours."""

from base64 import standard_b64encode
from collections.abc import Iterator

import numpy as np

from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.picture.png import png

_CHUNK = 4096
_STEPS = 6
_QUICK = 1
"""Of zlib: a picture that moves is packed anew all the time."""


def kitty(rgb: Bytes) -> str:
    """The picture as a PNG in chunks of the Kitty graphics protocol, drawn at the cursor."""
    return _kitty(rgb, "a=T")


def kitty_sent(rgb: Bytes, number: int) -> str:
    """The picture is the terminal's image of that number from now on; nothing is drawn."""
    return _kitty(rgb, f"a=t,i={number}")


def kitty_placed(number: int) -> str:
    """The image is drawn at the cursor, which stays, and nowhere else."""
    return f"\x1b_Ga=p,i={number},p=1,C=1,q=2\x1b\\"


def kitty_removed(number: int) -> str:
    """The image is drawn nowhere, and forgotten."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def _kitty(rgb: Bytes, action: str) -> str:
    data = standard_b64encode(png(rgb, _QUICK)).decode("ascii")
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    return "".join(
        f"\x1b_G{f'{action},f=100,q=2,' if not place else ''}m={int(place < len(chunks) - 1)};{chunk}\x1b\\"
        for place, chunk in enumerate(chunks)
    )


def sixel(rgb: Bytes) -> str:
    """The picture as Sixel (DEC STD 070), six lines of pixels at a time."""
    step = np.rint(rgb.astype(np.float32) * (_STEPS - 1) / 255).astype(np.uint8)
    colour = (step[..., 0] * _STEPS + step[..., 1]) * _STEPS + step[..., 2]
    used = np.unique(colour)
    head = f'\x1bPq"1;1;{rgb.shape[1]};{rgb.shape[0]}' + "".join(_defined(int(each)) for each in used)
    return head + "-".join("$".join(_band(colour[at : at + 6])) for at in range(0, len(colour), 6)) + "\x1b\\"


def _defined(number: int) -> str:
    red, green, blue = number // 36, number // 6 % 6, number % 6
    return f"#{number};2;{red * 20};{green * 20};{blue * 20}"


def _band(lines: Bytes) -> Iterator[str]:
    """One line of sixels for each colour in six lines of pixels."""
    weights = (1 << np.arange(len(lines)))[:, None]
    for number in np.unique(lines):
        bits = ((lines == number) * weights).sum(axis=0)
        edges = np.flatnonzero(np.r_[True, bits[1:] != bits[:-1]])
        counts = np.diff(np.r_[edges, len(bits)])
        yield f"#{number}" + "".join(
            f"!{count}{chr(63 + int(bits[at]))}" for at, count in zip(edges.tolist(), counts.tolist(), strict=True)
        )
