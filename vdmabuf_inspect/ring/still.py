"""A ring in a lone memory snapshot, whichever kind it is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.chain import RING_TABLE
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.watch import untouched, watcher_of
from vdmabuf_inspect.ring.wishes import REST_NS


def still_devices(
    memory: Memory, layouts: Sequence[QueueLayout], now_ns: int, snaplen: int = 65536
) -> Iterator[Record]:
    """The records of all rings, a device at a time: every START before the entries, which are all of one look.

    In which order entries of two queues came nobody knows; whoever reads them finds one that can have been.
    """
    for _, rings in groupby(layouts, key=lambda layout: layout.device):
        found = [still_records(memory, layout, now_ns, snaplen) for layout in rings]
        yield from (record for records in found for record in records[:1])
        yield from (record for records in found for record in records[1:])


def still_records(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int = 65536) -> list[Record]:
    """START, entries that the ring still holds (presumed, their bytes stale), and chains that are out (presumed).

    At last a LOOK, where driver or device ask anything of each other.
    """
    told = [r for r in _entries(memory, layout, now_ns, snaplen) if r.kind is not EventKind.LOOK or r.problems]
    if len(told) == 1 and untouched(memory, layout):
        told = [replace(told[0], flags=told[0].flags | EventFlag.COMPLETE)]  # it has no past
    return told + _wishes(memory, layout, now_ns)


def _entries(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int) -> list[Record]:
    if layout.packed:
        from vdmabuf_inspect.ring.packed import still as packed

        return packed.still_records(memory, layout, now_ns, snaplen)
    from vdmabuf_inspect.ring.split import still as split

    return split.still_records(memory, layout, now_ns, snaplen)


def _wishes(memory: Memory, layout: QueueLayout, now_ns: int) -> list[Record]:
    """What a watcher says of them once they have rested: no entry of the past carries them."""
    watcher = watcher_of(memory, layout, 0)
    seen = watcher.start(now_ns, complete=False) + watcher.step(now_ns + REST_NS, watcher.sight())
    looks = [record for record in seen if record.kind is EventKind.LOOK]
    return [replace(r, time_ns=now_ns, problems=Problem(0), flags=EventFlag(0), head=0) for r in looks[-1:]]


def left_requests(memory: Memory, layout: QueueLayout) -> Iterator[bytes]:
    """The device-readable bytes to which descriptors still lead, directly or by an indirect table.

    First those that no entry of the ring names any more, then those that one does, oldest first. Nothing vouches for
    any of it: memory of a chain that is back may hold something else by now.
    """
    records = [r for r in still_records(memory, layout, 0) if r.kind is EventKind.AVAILABLE and r.descriptors]
    if not layout.packed:
        from vdmabuf_inspect.ring.split import still as split

        named = {each.index for record in records for each in record.descriptors if each.table == RING_TABLE}
        yield from split.unnamed_requests(memory, layout, named)
    yield from (record.readable_bytes for record in records)
