"""Where the blocks of a stretch of pcapng begin: in bulk where enhanced packets follow each other, walked where not."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.capture.batch import Longs, Words
from vdmabuf_inspect.capture.blocks import length_fault
from vdmabuf_inspect.capture.schema import Block

_ENHANCED = int(Block.ENHANCED)  # a plain number: NumPy would widen the words to compare them with an enum
_SECTION = int(Block.SECTION)


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks found one after the other: `starts` and `stop` are word indices."""

    starts: Longs
    stop: int
    """Where the first block stands that is not among them."""
    fault: str | None = None
    """Why that one is damaged; None when it is a section header or does not end within the stretch."""


def plain(words: Words, start: int, end: int) -> Piece:
    """Step over the blocks of `words[start:end]` one by one; the oracle for `bulk`, which says the same."""
    starts: list[int] = []
    at = start
    while isinstance(after := _step(words, at, end), int):
        starts.append(at)
        at = after
    return Piece(np.array(starts, np.int64), at, after)


def bulk(words: Words, start: int, end: int) -> Piece:
    """The blocks of `words[start:end]`, `words` being in the section's byte order and `start` a block's start.

    Every word that could begin an enhanced packet is looked at together; a run in which each ends where the
    next begins is taken whole. Payload that looks like a block is no danger: only what is reached from
    `start` counts.
    """
    at, after = _candidates(words, start, end)
    breaks = np.append(np.flatnonzero(after[:-1] != at[1:]), len(at) - 1)
    parts: list[Longs] = []
    here = start
    while True:
        first = int(at.searchsorted(here))
        if first < len(at) and at[first] == here:
            last = int(breaks[breaks.searchsorted(first)])
            parts.append(at[first : last + 1])
            here = int(after[last])
        elif isinstance(step := _step(words, here, end), int):
            parts.append(np.array([here], np.int64))
            here = step
        else:
            return Piece(np.concatenate(parts) if parts else np.zeros(0, np.int64), here, step)


def _candidates(words: Words, start: int, end: int) -> tuple[Longs, Longs]:
    """Start and end of everything that looks like a whole enhanced packet block, in order of the starts."""
    at = np.flatnonzero(words[start : max(end - 2, start)] == _ENHANCED) + start
    size = words[at + 1].astype(np.int64)
    after = at + (size >> 2)
    fits = (size >= 12) & (size & 3 == 0) & (after <= end)
    at, size, after = at[fits], size[fits], after[fits]
    closed = words[after - 1] == size
    return at[closed], after[closed]


def _step(words: Words, at: int, end: int) -> int | str | None:
    """The end of the block at word `at`; its fault; None when it is a section header or not all there."""
    if at + 3 > end or words[at] == _SECTION:
        return None
    kind, size = int(words[at]), int(words[at + 1])
    if fault := length_fault(kind, size):
        return fault
    after = at + size // 4
    if after > end:
        return None
    if (closing := int(words[after - 1])) != size:
        return f"a block of type {kind:#x} says {size} bytes at its start and {closing} at its end"
    return after
