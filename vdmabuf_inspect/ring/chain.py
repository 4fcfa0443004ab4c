"""A chain as an observer read it, of a ring of either kind: its buffers, their bytes, what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Descriptor
from vdmabuf_inspect.ring.layout import QueueLayout

NEXT, WRITE, INDIRECT = 1, 2, 4
"""Descriptor flags (virtio 1.2, 2.7.5)."""
RING_TABLE, INDIRECT_TABLE = 0, 1
MAX_BYTES = 1 << 32
"""A chain may not be longer in total (2.7.5.2)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as it was read: buffers in order, and every problem met on the way.

    `descriptors` holds ring entries (an indirect reference among them) and the entries of its indirect table.
    """

    head: int
    descriptors: tuple[Descriptor, ...]
    problems: Problem

    @property
    def buffers(self) -> Sequence[Descriptor]:
        """The descriptors that name data, without the one that refers to an indirect table."""
        return [d for d in self.descriptors if d.table == INDIRECT_TABLE or not d.flags & INDIRECT]

    @property
    def indirect(self) -> bool:
        """Whether an indirect table is part of it."""
        return any(d.flags & INDIRECT for d in self.descriptors if d.table == RING_TABLE)

    def total(self, writable: bool) -> int:
        """Bytes of the readable or of the writable part."""
        return sum(d.len for d in self.buffers if d.writable is writable)

    def read(self, memory: Memory, writable: bool, limit: int) -> bytes:
        """The bytes of one part, gathered, up to `limit` or the first byte that is not in memory."""
        parts: list[bytes] = []
        for buffer in self.buffers:
            if buffer.writable is not writable or limit <= 0:
                continue
            wanted = min(buffer.len, limit)
            data = memory.read_some(buffer.addr, wanted)
            parts.append(data)
            if len(data) < wanted:
                break
            limit -= wanted
        return b"".join(parts)


def judge(chain: Chain, memory: Memory, layout: QueueLayout, known: int = NEXT | WRITE | INDIRECT) -> Problem:
    """Problems of the chain as a whole: sizes, order of its parts, addresses, flags other than the `known` ones."""
    found = Problem(0)
    buffers = chain.buffers
    if sum(d.len for d in buffers) > MAX_BYTES:
        found |= Problem.TOO_LARGE
    if len(buffers) > layout.size:
        found |= Problem.TOO_LONG
    if any(a.writable and not b.writable for a, b in zip(buffers, buffers[1:], strict=False)):
        found |= Problem.WRITABLE_FIRST
    if any(d.len == 0 for d in buffers):
        found |= Problem.LENGTH_ZERO
    if any(d.flags & ~known for d in chain.descriptors):
        found |= Problem.FLAGS_UNKNOWN
    translated = layout.has(Feature.ACCESS_PLATFORM)
    if not translated and not all(memory.covers(d.addr, d.len) for d in buffers):
        found |= Problem.OUTSIDE_MEMORY
    return found
