"""The watcher of one ring, whichever kind it is."""

from collections.abc import Sequence

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.group import RingWatcher
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout
from vdmabuf_inspect.ring.packed.slots import Slots
from vdmabuf_inspect.ring.packed.watch import Watcher as PackedWatcher
from vdmabuf_inspect.ring.split.watch import Watcher

__all__ = ["Watcher", "untouched", "watcher_of"]


def watcher_of(
    memory: Memory, layout: QueueLayout, snaplen: int = 65536, others: Sequence[QueueLayout] = (),
    base: int | None = None,
) -> RingWatcher:  # fmt: skip
    """An observer of the queue at `layout`; `others` are queues that it may not overlap.

    snaplen: bytes kept of the readable and of the writable part of a chain. base: where the device goes on as the
    front end said it (SET_VRING_BASE); on a split ring the ring says it itself.
    """
    if layout.packed:
        return PackedWatcher(memory, layout, snaplen, others, base)
    return Watcher(memory, layout, snaplen, others)


def untouched(memory: Memory, layout: QueueLayout) -> bool:
    """Whether nothing was used yet on this ring, and all that was made available can still be read."""
    if not 0 < layout.size <= MAX_SIZE:
        return False
    try:
        if layout.packed:
            slots = Slots(memory.read(layout.desc, 16 * layout.size))
            driver = slots.driver()
            return driver is not None and driver <= layout.size and slots.next_marked(0, driver) is None
        used, available = (memory.read(at + 2, 2) for at in (layout.used, layout.avail))
    except FaultError:
        return False
    return used == b"\0\0" and int.from_bytes(available, "little") <= layout.size
