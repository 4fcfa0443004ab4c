"""A ring in a lone memory snapshot, whichever kind it is."""

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed import still as packed
from vdmabuf_inspect.ring.split import still as split


def still_records(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int = 65536) -> list[Record]:
    """START, entries that the ring still holds (presumed, their bytes stale), and chains that are out (presumed)."""
    tell = packed.still_records if layout.packed else split.still_records
    return tell(memory, layout, now_ns, snaplen)
