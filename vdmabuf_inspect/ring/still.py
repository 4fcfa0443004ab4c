"""A ring in a lone memory snapshot, whichever kind it is."""

from collections.abc import Iterator

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.chain import RING_TABLE
from vdmabuf_inspect.ring.layout import QueueLayout


def still_records(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int = 65536) -> list[Record]:
    """START, entries that the ring still holds (presumed, their bytes stale), and chains that are out (presumed)."""
    if layout.packed:
        from vdmabuf_inspect.ring.packed import still as packed

        return packed.still_records(memory, layout, now_ns, snaplen)
    from vdmabuf_inspect.ring.split import still as split

    return split.still_records(memory, layout, now_ns, snaplen)


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
