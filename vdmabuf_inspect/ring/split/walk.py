"""One chain from its head, through next links and one indirect table. Always ends and never raises."""

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Descriptor
from vdmabuf_inspect.ring.chain import INDIRECT, INDIRECT_TABLE, NEXT, RING_TABLE, Chain, judge
from vdmabuf_inspect.ring.layout import QueueLayout

_ENTRY = Struct("<QIHH")


@dataclass(slots=True)
class _Table:
    read: Callable[[int], bytes]
    entries: int
    number: int


@dataclass(slots=True)
class _Walk:
    memory: Memory
    layout: QueueLayout
    found: list[Descriptor] = field(default_factory=list)
    problems: Problem = Problem(0)


def walk(memory: Memory, layout: QueueLayout, head: int) -> Chain:
    """Follow the chain at `head`; a malformed one comes back with its `problems` and what could be read."""
    state = _Walk(memory, layout)
    if head >= layout.size:
        return Chain(head, (), Problem.HEAD_OUT_OF_RANGE)
    table = _Table(lambda i: memory.read(layout.desc + 16 * i, 16), layout.size, RING_TABLE)
    reference = _follow(state, table, head)
    if reference is not None:
        _follow_indirect(state, reference)
    chain = Chain(head, tuple(state.found), state.problems)
    return Chain(head, chain.descriptors, chain.problems | judge(chain, memory, layout))


def _follow(state: _Walk, table: _Table, index: int) -> Descriptor | None:
    """Append descriptors until the chain ends; the indirect reference if one was met."""
    visited: set[int] = set()
    while True:
        if (stop := _stop(state, table, index, visited)) is not None:
            state.problems |= stop
            return None
        visited.add(index)
        try:
            addr, length, flags, after = _ENTRY.unpack(table.read(index))
        except FaultError:
            state.problems |= (
                Problem.RING_OUTSIDE_MEMORY if table.number == RING_TABLE else Problem.INDIRECT_OUTSIDE_MEMORY
            )
            return None
        entry = Descriptor(addr, length, flags, after, index, table.number)
        state.found.append(entry)
        if entry.flags & INDIRECT:
            if table.number == RING_TABLE:
                return entry
            state.problems |= Problem.INDIRECT_NESTED
        if not entry.flags & NEXT:
            return None
        index = entry.next


def _stop(state: _Walk, table: _Table, index: int, visited: set[int]) -> Problem | None:
    if index >= table.entries:
        return Problem.NEXT_OUT_OF_RANGE
    if index in visited:
        return Problem.LOOP
    if len(state.found) > state.layout.size:
        return Problem.TOO_LONG
    return None


def _follow_indirect(state: _Walk, reference: Descriptor) -> None:
    if not state.layout.has(Feature.INDIRECT_DESC):
        state.problems |= Problem.INDIRECT_NOT_NEGOTIATED
    if reference.flags & NEXT:
        state.problems |= Problem.INDIRECT_WITH_NEXT
    if reference.len == 0 or reference.len % 16:
        state.problems |= Problem.INDIRECT_LENGTH
    if not state.memory.covers(reference.addr, reference.len):
        state.problems |= Problem.INDIRECT_OUTSIDE_MEMORY
    entries = reference.len // 16
    if entries:
        table = _Table(lambda i: state.memory.read(reference.addr + 16 * i, 16), entries, INDIRECT_TABLE)
        _follow(state, table, 0)
