"""The watcher of one ring, whichever kind it is."""

from collections.abc import Sequence

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.group import RingWatcher
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.packed.watch import Watcher as PackedWatcher
from vdmabuf_inspect.ring.split.watch import Watcher

__all__ = ["Watcher", "watcher_of"]


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
