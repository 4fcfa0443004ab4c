"""One chain of a packed ring: neighbouring descriptors, and one indirect table. Always ends and never raises."""

from collections.abc import Callable

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Descriptor
from vdmabuf_inspect.ring.chain import INDIRECT_TABLE, RING_TABLE, Chain, judge
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.slots import AVAIL, INDIRECT, NEXT, SLOT, USED, WRITE, Group, Slots, wrap_of

KNOWN = NEXT | WRITE | INDIRECT | AVAIL | USED


def walk(
    memory: Memory, layout: QueueLayout, slots: Slots, group: Group, first: tuple[int, int] | None = None
) -> Chain:
    """The chain whose ring descriptors are `group`; its head is its buffer ID, each `next` a descriptor's own ID.

    An indirect table goes to its end, whatever NEXT says in it (2.8.7). first: length and flags of the first
    descriptor, where a used one lies over it.
    """
    found, problems = [], Problem(0)
    for place in range(group.place, group.place + group.slots):
        addr, length, buffer, flags = slots.at(place)
        length, flags = (length, flags) if first is None or place > group.place else first
        entry = Descriptor(addr, length, flags, buffer, place % slots.size, RING_TABLE)
        found.append(entry)
        if flags & INDIRECT:
            problems |= _refers(entry, memory, layout, group)
            table = _table(entry, memory, layout)
            problems |= Problem.INDIRECT_NESTED if any(d.flags & INDIRECT for d in table) else Problem(0)
            found += table
    if group.slots == slots.size and not group.whole:
        problems |= Problem.TOO_LONG
    chain = Chain(group.id, tuple(found), problems)
    return Chain(group.id, chain.descriptors, problems | judge(chain, memory, layout, KNOWN))


def rewritten(
    memory: Memory, layout: QueueLayout, slots: Slots, group: Group, chain: Chain, driver: int,
    writes: Callable[[int], bool],
) -> bool:  # fmt: skip
    """Whether descriptors of an outstanding chain are others now, though they have the same buffer ID.

    Those that used ones or the next lap overwrote are left out; so is the length in a slot that the device `writes`
    next, where half a used descriptor may stand. driver: its place.
    """
    ring = [d for d in chain.descriptors if d.table == RING_TABLE]
    for place, old in enumerate(ring, group.place):
        wrap = wrap_of(place, slots.size)
        gone = slots.bits(place) != (wrap, 1 - wrap) or place < driver - slots.size
        addr, length, buffer, flags = slots.at(place)
        length = old.len if writes(place) else length
        if not gone and buffer == old.next and (addr, length, flags) != (old.addr, old.len, old.flags):
            return True
    tables = [entry for d in ring if d.flags & INDIRECT for entry in _table(d, memory, layout)]
    return tables != [d for d in chain.descriptors if d.table == INDIRECT_TABLE]


def _refers(entry: Descriptor, memory: Memory, layout: QueueLayout, group: Group) -> Problem:
    """What is wrong with a descriptor that refers to a table (2.8.7, 2.8.19)."""
    found = Problem(0)
    if not layout.has(Feature.INDIRECT_DESC):
        found |= Problem.INDIRECT_NOT_NEGOTIATED
    if entry.flags & NEXT or group.slots > 1:
        found |= Problem.INDIRECT_WITH_NEXT
    if entry.len == 0 or entry.len % 16:
        found |= Problem.INDIRECT_LENGTH
    if not memory.covers(entry.addr, entry.len):
        found |= Problem.INDIRECT_OUTSIDE_MEMORY
    return found


def _table(entry: Descriptor, memory: Memory, layout: QueueLayout) -> list[Descriptor]:
    """The entries of an indirect table, one more than the queue's size at most."""
    data = memory.read_some(entry.addr, 16 * min(entry.len // 16, layout.size + 1))
    whole = data[: len(data) - len(data) % 16]
    return [
        Descriptor(addr, length, flags, buffer, index, INDIRECT_TABLE)
        for index, (addr, length, buffer, flags) in enumerate(SLOT.iter_unpack(whole))
    ]
