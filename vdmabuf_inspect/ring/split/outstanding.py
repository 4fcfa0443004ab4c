"""Which chains are outstanding on a ring whose past nobody saw."""

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.split.words import HALF, Words, available_heads, used_entries


def outstanding_heads(memory: Memory, layout: QueueLayout, words: Words) -> list[tuple[int, int]]:
    """(ring index, head) of the chains that the device seems to hold, in available order.

    The indices say how many they are; which ones, the last ring of entries on each side says: those that were
    made available most recently compared with their last return. Exact until the ring has wrapped.
    """
    count = words.outstanding
    if count >= HALF or not 0 < count <= layout.size:
        return []
    latest = {head: index for index, head in history(memory, layout, words)[0]}
    returned: dict[int, int] = {}
    for index, head, _ in history(memory, layout, words)[1]:
        returned[head] = index
    base = words.used_idx - layout.size

    def lead(head: int) -> int:
        back = (returned[head] - base) & 0xFFFF if head in returned else -layout.size
        return ((latest[head] - base) & 0xFFFF) - back

    held = sorted(latest, key=lead, reverse=True)[:count]
    return sorted(((latest[head], head) for head in held), key=lambda pair: (pair[0] - base) & 0xFFFF)


def history(
    memory: Memory, layout: QueueLayout, words: Words
) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """The entries that both rings still hold, oldest first; fewer than the size while a ring has not wrapped.

    An index below the size cannot tell "not wrapped" from "wrapped 65536 entries ago": it is read as the former.
    """
    have_a = min(words.avail_idx, layout.size) or (layout.size if words.used_idx > words.avail_idx else 0)
    have_u = min(words.used_idx, layout.size)
    try:
        return (
            available_heads(memory, layout, words.avail_idx - have_a, have_a),
            used_entries(memory, layout, words.used_idx - have_u, have_u),
        )
    except FaultError:
        return [], []
