"""A picture in character cells: half blocks in colour, signs of rising weight without. Pixels are averaged."""

from collections.abc import Iterator

import numpy as np

from vdmabuf_inspect.picture.formats import Bytes

HALF = "▀"
_WEIGHTS = " .:-=+*#%@"


def fitted(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """(columns, pixel lines) of the largest picture of this shape in so many cells; a cell is two pixels high."""
    scale = min(columns / max(1, width), 2 * rows / max(1, height), 1.0)
    return max(1, int(width * scale)), max(1, int(height * scale))


def shrunk(rgb: Bytes, width: int, height: int, fast: bool = False) -> Bytes:
    """uint8[height, width, 3]: the mean of the pixels behind each, or with `fast` one of them."""
    tall, wide = rgb.shape[:2]
    if fast or (height >= tall and width >= wide):
        chosen: Bytes = rgb[np.arange(height) * tall // height][:, np.arange(width) * wide // width]
        return chosen
    lines, columns = np.arange(height) * tall // height, np.arange(width) * wide // width
    sums = np.add.reduceat(np.add.reduceat(rgb.astype(np.uint32), lines, axis=0), columns, axis=1)
    counts = np.diff(np.r_[lines, tall])[:, None, None] * np.diff(np.r_[columns, wide])[None, :, None]
    mean: Bytes = (sums // np.maximum(counts, 1)).astype(np.uint8)
    return mean


def cells(rgb: Bytes, columns: int, rows: int, fast: bool = False) -> Bytes:
    """uint8[lines, columns, 2, 3]: the upper and the lower colour of each cell, fitted into `columns` × `rows`."""
    width, height = fitted(rgb.shape[1], rgb.shape[0], columns, rows)
    small = shrunk(rgb, width, height, fast)
    if height % 2:
        small = np.concatenate([small, small[-1:]])
    return small.reshape(-1, 2, width, 3).transpose(0, 2, 1, 3)


def colour_lines(pairs: Bytes) -> Iterator[str]:
    """Each line of cells with its colours (24-bit SGR), which end with the line."""
    for line in pairs.tolist():
        parts, before = [], None
        for upper, lower in line:
            if (upper, lower) != before:
                before = (upper, lower)
                parts.append("\x1b[38;2;{};{};{};48;2;{};{};{}m".format(*upper, *lower))
            parts.append(HALF)
        yield "".join(parts) + "\x1b[0m"


def plain_lines(pairs: Bytes) -> Iterator[str]:
    """Each line without colour: the lighter a cell, the heavier its sign."""
    light = pairs.reshape(*pairs.shape[:2], -1).mean(axis=2)
    for line in (light * (len(_WEIGHTS) - 1) / 255).round().astype(int).tolist():
        yield "".join(_WEIGHTS[weight] for weight in line)
