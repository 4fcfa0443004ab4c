"""Interface times to nanoseconds: any if_tsresol, decimal or binary, and if_tsoffset. Never wraps, saturates."""

from typing import Any

import numpy as np

from vdmabuf_inspect.capture.batch import Longs

Ticks = np.ndarray[Any, np.dtype[np.uint64]]
SECOND = 10**9
_MAX = 2**63 - 1


def nanoseconds(ticks: Ticks, tsresol: int, tsoffset: int = 0) -> Longs:
    """int64 nanoseconds of uint64 `ticks`; a binary resolution finer than 2**-34 s is cut to that."""
    time = _binary(ticks, tsresol & 0x7F) if tsresol & 0x80 else _decimal(ticks, tsresol)
    shift = max(-_MAX, min(_MAX, tsoffset * SECOND))
    moved: Longs = np.minimum(time, _MAX - max(shift, 0)) + shift
    return moved


def _decimal(ticks: Ticks, power: int) -> Longs:
    if power > 28:
        return np.zeros(len(ticks), np.int64)
    if power > 9:
        return _signed(ticks // np.uint64(10 ** (power - 9)), _MAX)
    factor: int = 10 ** (9 - power)
    time = _signed(ticks, _MAX // factor) * factor
    return np.where(ticks <= _MAX // factor, time, _MAX)


def _binary(ticks: Ticks, power: int) -> Longs:
    if power > 97:
        return np.zeros(len(ticks), np.int64)
    whole = ticks >> np.uint64(power) if power < 64 else np.zeros_like(ticks)
    part = ticks & np.uint64((1 << min(power, 64)) - 1)
    kept = min(power, 34)
    fraction = (part >> np.uint64(power - kept)) * np.uint64(SECOND) >> np.uint64(kept)
    time = _signed(whole, _MAX // SECOND - 1) * SECOND + _signed(fraction, SECOND)
    return np.where(whole < _MAX // SECOND, time, _MAX)


def _signed(values: Ticks, limit: int) -> Longs:
    signed: Longs = np.minimum(values, np.uint64(limit)).astype(np.int64)
    return signed
