"""A picture in what terminals draw themselves: Kitty's graphics protocol, and Sixel with a cube of 216 colours."""

from base64 import standard_b64encode
from collections.abc import Iterator

import numpy as np

from vdmabuf_inspect.picture.formats import Bytes
from vdmabuf_inspect.picture.png import png

_CHUNK = 4096
_STEPS = 6
KITTY_QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
DEVICE_QUESTION = "\x1b[c"
"""Every terminal answers it, so that whoever asked both knows when no answer to the other will come."""


def kitty(rgb: Bytes) -> str:
    """The picture as a PNG in chunks of the Kitty graphics protocol, drawn at the cursor."""
    data = standard_b64encode(png(rgb)).decode("ascii")
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if not place else ''}m={int(place < len(chunks) - 1)};{chunk}\x1b\\"
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


def abilities(answer: str) -> tuple[bool, bool]:
    """(Kitty graphics, Sixel) as a terminal's answers to both questions say."""
    attributes = answer.rpartition("\x1b[?")[2].partition("c")[0].split(";")
    return "_Gi=31;OK" in answer, "4" in attributes[1:]
