"""Which chains were surely out when what a look read of them had been read: all others may show anything.

A driver may use a chain's memory again as soon as `used_idx` says that it came back. So a reading is vouched for by
a reading of the used ring that begins after it, and by entries of which none was missed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.split.words import Words, ahead, available_heads, read_words, used_entries

Available = list[tuple[int, int]]
"""Ring index and head."""
Used = list[tuple[int, int, int]]
"""Ring index, head, length."""


@dataclass(frozen=True, slots=True)
class Since:
    """What moved while a look was read: heads offered and heads returned, in their order.

    `whole` is False where entries may have been missed: then any chain may have come back.
    """

    offered: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    whole: bool = False


def since(memory: Memory, layout: QueueLayout, avail: int, used: int) -> Since:
    """What both sides added behind these indices. Reads the words before the entries and after."""
    try:
        words = read_words(memory, layout)
        if words is None:
            return Since()
        new, back = ahead(words.avail_idx, avail), ahead(words.used_idx, used)
        offered = tuple(head for _, head in available_heads(memory, layout, avail, min(new, layout.size)))
        returned = tuple(head for _, head, _ in used_entries(memory, layout, used, min(back, layout.size)))
        after = read_words(memory, layout)
    except FaultError:
        return Since()
    moved = max(ahead(after.avail_idx, avail), ahead(after.used_idx, used)) if after is not None else new + back
    return Since(offered, returned, moved <= layout.size)


def intact(words: Words | None, available: Available, used: Used, size: int) -> tuple[Available, Used]:
    """Those of these entries over which the ring had not gone once more when `words` were read, after them."""
    if words is None:
        return [], []
    return (
        [entry for entry in available if ahead(words.avail_idx, entry[0]) <= size],
        [entry for entry in used if ahead(words.used_idx, entry[0]) <= size],
    )


def balance(available: Available, used: Used, out: Iterable[int]) -> Counter[int]:
    """How often each head is out behind these entries, where it was among `out` before. None may have been missed.

    Both sides take turns with a head, so that counting needs no order. Of a head that may have been out before, 0
    proves nothing.
    """
    counts = Counter(out)
    counts.update(head for _, head in available)
    counts.subtract(head for _, head, _ in used)
    return counts


def surely_out(available: Available, used: Used, used_idx: int, size: int) -> set[int]:
    """Heads that are out behind these entries, the newest of both rings, whatever was missed before them.

    A chain cannot come back before those that must have made room for it: its return, if there was one, has an index
    less than `size` behind that of its offer at the earliest.
    """
    latest = {head: index for index, head in available}
    heads = [head for _, head, _ in used]
    found = set()
    for head, index in latest.items():
        span = ahead(used_idx, (index - size + 1) & 0xFFFF)
        if span <= len(heads) and head not in heads[len(heads) - span :]:
            found.add(head)
    return found
