"""Which chains are outstanding on a ring whose past nobody saw."""

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.split.certainty import balance, surely_out
from vdmabuf_inspect.ring.split.words import HALF, Words, ahead, available_heads, used_entries


def outstanding_heads(memory: Memory, layout: QueueLayout, words: Words) -> list[tuple[int, int]]:
    """(ring index, head) of the chains that the device seems to hold, in available order.

    The indices say how many they are; which ones, the last ring of entries on each side says: those that were
    made available most recently compared with their last return. Exact until the ring has wrapped.
    """
    count = words.outstanding
    if count >= HALF or not 0 < count <= layout.size:
        return []
    available, used = history(memory, layout, words)
    latest = {head: index for index, head in available}
    returned = {head: index for index, head, _ in used}
    base = words.used_idx - layout.size

    def lead(head: int) -> tuple[int, int]:
        back = (returned[head] - base) & 0xFFFF if head in returned else -layout.size
        offered = (latest[head] - base) & 0xFFFF
        return offered - back, offered

    held = sorted(latest, key=lead, reverse=True)[:count]
    if len(available) == words.avail_idx:
        held = [head for head, times in balance(available, used, ()).items() if times > 0]
    return sorted(((latest[head], head) for head in held), key=lambda pair: (pair[0] - base) & 0xFFFF)


def surely_outstanding(memory: Memory, layout: QueueLayout, words: Words) -> tuple[set[int], set[int]]:
    """Those of them that are most likely out, and those that the entries prove to be.

    Most likely all, where just so many heads can be out as the indices say: unless a chain has been out for longer
    than a whole ring of others.
    """
    available, used = history(memory, layout, words)
    heads = {head for _, head in outstanding_heads(memory, layout, words)}
    if _first_lap(memory, layout, words):
        return heads, heads
    latest = {head: index for index, head in available}
    back = {head for index, head, _ in used if head in latest and ahead(index, latest[head]) < layout.size}
    proven = heads & surely_out(available, used, words.used_idx, layout.size)
    return heads if len(latest.keys() - back) == words.outstanding else proven, proven


def _first_lap(memory: Memory, layout: QueueLayout, words: Words) -> bool:
    """Whether the places behind both indices have never been written."""
    if not words.used_idx <= words.avail_idx <= layout.size:
        return False
    rest = memory.read_some(layout.avail + 4 + 2 * words.avail_idx, 2 * (layout.size - words.avail_idx))
    rest += memory.read_some(layout.used + 4 + 8 * words.used_idx, 8 * (layout.size - words.used_idx))
    return not any(rest)


def history(
    memory: Memory, layout: QueueLayout, words: Words
) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """The entries that both rings still hold, oldest first; fewer than the size while a ring has not wrapped.

    An index below the size cannot tell "not wrapped" from "wrapped 65536 entries ago": it is read as the former.
    """
    have_a = layout.size if words.used_idx > words.avail_idx else min(words.avail_idx, layout.size)
    have_u = min(words.used_idx, layout.size)
    try:
        return (
            available_heads(memory, layout, words.avail_idx - have_a, have_a),
            used_entries(memory, layout, words.used_idx - have_u, have_u),
        )
    except FaultError:
        return [], []
