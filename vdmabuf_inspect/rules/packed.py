"""Rules of packed rings (VR120 to VR126), and of devices that promised to keep the order (VR127)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventKind, Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import History, Hits, rule
from vdmabuf_inspect.rules.rings import has
from vdmabuf_inspect.track.events import Events

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV = Culprit.DRIVER, Culprit.DEVICE


@rule(
    "VR120", "packed-wrap-mismatch", E, Culprit.EITHER, "2.8.1",
    "the descriptor in slot {a} of {queue} was written as if the wrap counter were {b}",
)  # fmt: skip
def packed_wrap_mismatch(events: Events) -> Hits:
    """What it does: looks at the descriptor that one side has to write next, when it changes: its AVAIL and USED bits
    must be those of that side's wrap counter.

    Why it is bad: to the other side the descriptor has not been written at all, and both wait for ever.
    Example: a driver that forgets to flip its counter when the last slot of the ring was in the middle of a chain.
    """
    slot = events.head.astype(np.int64)
    return Hits(has(events, Problem.WRAP_MISMATCH), slot & 0x7FFF, 1 - (slot >> 15))


@rule(
    "VR121", "packed-id-reused", E, DRV, "2.8.22",
    "{queue} offers a chain with buffer ID {head}, which the device has not returned",
)  # fmt: skip
def packed_id_reused(events: Events) -> Array:
    """What it does: checks that no two outstanding chains have one buffer ID.

    Why it is bad: when the device returns the ID, nobody knows which of the two came back.
    Example: an ID taken from the slot number while chains come back out of order.
    """
    return has(events, Problem.ID_REUSED)


@rule(
    "VR122", "packed-used-id-unknown", E, DEV, "2.8.2",
    "{queue} returned buffer ID {head}, which was not outstanding|{queue} returned buffer ID {head} twice",
)  # fmt: skip
def packed_used_id_unknown(events: Events) -> Hits:
    """What it does: checks that each used descriptor names a chain that the device has, once.

    Why it is bad: the driver frees or completes a request that is not done, or one that does not exist; and it skips
    as many slots as that one had.
    Example: a device that takes the ID from the first descriptor of a chain, where only the last one has it.
    """
    unknown = events.of(EventKind.USED) & ~events.paired & ~events.stale & events.packed
    unknown &= ~(events.returned_twice & events.has(Feature.IN_ORDER))  # an earlier batch was none: VR127
    return Hits(unknown & (events.returned_twice | events.complete), 0, events.returned_twice.astype(np.int64))


@rule(
    "VR123", "packed-chain-bits-inconsistent", E, DRV, "2.8.6",
    "descriptors of the chain with buffer ID {head} of {queue} do not agree whether they are available",
)  # fmt: skip
def packed_chain_bits_inconsistent(events: Events) -> Array:
    """What it does: checks AVAIL and USED in every descriptor of a chain, each against the lap in which its slot is.

    Why it is bad: devices differ in which descriptors they look at; one that reads ahead takes the rest for old.
    Example: bits set in the first descriptor only, or not flipped where a chain goes round the end of the ring.
    """
    return has(events, Problem.CHAIN_BITS)


@rule(
    "VR124", "packed-first-published-early", E, DRV, "2.8.17",
    "the chain with buffer ID {head} of {queue} was made available before all of it was written",
)  # fmt: skip
def packed_first_published_early(events: Events) -> Array:
    """What it does: finds chains whose first descriptor was available at one look and the others only at the next.

    Why it is bad: the device may take what an earlier chain left behind for the rest of this one.
    Example: a driver that writes descriptors front to back, flags included.
    """
    return has(events, Problem.PUBLISHED_EARLY)


@rule(
    "VR125", "packed-descriptor-changed-in-flight", E, DRV, "2.8.15",
    "a descriptor of the chain with buffer ID {head} of {queue} changed while the device had it",
)  # fmt: skip
def packed_descriptor_changed_in_flight(events: Events) -> Array:
    """What it does: reads the descriptors of outstanding chains again, those that no used descriptor lies over.

    Why it is bad: the device may have read either version, or half of each.
    Example: a driver that unmaps and clears descriptors on a timeout.
    """
    return has(events, Problem.CHANGED_IN_FLIGHT) & events.packed


@rule(
    "VR126", "packed-event-flags-reserved", E, Culprit.EITHER, "2.8.14",
    "the driver's event suppression structure of {queue} has flags that are not allowed|"
    "the device's event suppression structure of {queue} has flags that are not allowed",
)  # fmt: skip
def packed_event_flags_reserved(events: Events) -> Hits:
    """What it does: checks that event flags are 0, 1 or 2, and 2 (one descriptor's event) only with EVENT_IDX.

    Why it is bad: the other side may take the value for any of them, and notify too often or never again.
    Example: an offset written into the flags, because both are 16 bits and their order was mistaken.
    """
    return Hits(has(events, Problem.DRIVER_EVENT | Problem.DEVICE_EVENT), 0, events.of_device.astype(np.int64))


@rule(
    "VR127", "used-out-of-order", E, DEV, "2.7.9, 2.8.8",
    "{queue} returned head {head} before chains that were made available earlier, with IN_ORDER negotiated",
    history=History.NEEDED,
)  # fmt: skip
def used_out_of_order(events: Events) -> Array:
    """What it does: with IN_ORDER negotiated, checks that chains come back in the order in which they were offered.

    Why it is bad: the driver takes a returned chain as the end of a batch and frees all chains before it. On a packed
    ring the observer must do the same, so that the rule fires when one of those is returned after all.
    Example: a back end with several worker threads that offers the feature because each of them keeps its order.
    """
    again = events.of(EventKind.USED) & events.returned_twice & events.packed & events.has(Feature.IN_ORDER)
    return (events.out_of_turn | again) & ~events.stale
