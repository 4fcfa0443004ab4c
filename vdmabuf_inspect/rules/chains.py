"""Rules about one chain: its descriptors, its indirect table, its memory (VR130 to VR151)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag, EventKind, Problem
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import Hits, rule
from vdmabuf_inspect.rules.rings import has
from vdmabuf_inspect.track.events import Events

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV = Culprit.DRIVER, Culprit.DEVICE


@rule("VR130", "descriptor-loop", E, DRV, "2.7.5.2", "the chain at head {head} of {queue} comes back on itself")
def descriptor_loop(events: Events) -> Array:
    """What it does: follows `next` links and remembers each descriptor it passed.

    Why it is bad: a device without a bound never ends; one with a bound fails the request.
    Example: a descriptor freed into the list twice, so that it links to itself.
    """
    return has(events, Problem.LOOP)


@rule(
    "VR131", "descriptor-index-out-of-range", E, DRV, "2.7.5",
    "a `next` link in the chain at head {head} of {queue} points beyond its table",
)  # fmt: skip
def descriptor_index_out_of_range(events: Events) -> Array:
    """What it does: checks every `next` link against the size of its table, ring or indirect.

    Why it is bad: the device reads a descriptor from whatever lies behind the table.
    Example: NEXT left set on the last descriptor, with a stale link.
    """
    return has(events, Problem.NEXT_OUT_OF_RANGE)


@rule(
    "VR132", "chain-too-long", E, DRV, "2.7.5.3.1",
    "the chain at head {head} of {queue} has more descriptors than the queue",
)  # fmt: skip
def chain_too_long(events: Events) -> Array:
    """What it does: counts the descriptors of a chain, those of its indirect table included.

    Why it is bad: devices size their scatter lists by the queue and refuse or overrun.
    Example: an indirect table of 300 entries on a queue of 256.
    """
    return has(events, Problem.TOO_LONG)


@rule("VR133", "chain-too-large", E, DRV, "2.7.5.2", "the chain at head {head} of {queue} has more than 2^32 bytes")
def chain_too_large(events: Events) -> Array:
    """What it does: adds up the lengths of a chain.

    Why it is bad: used lengths are 32 bits; the device cannot say how much it wrote.
    Example: a length of -1 that was meant as an error code.
    """
    return has(events, Problem.TOO_LARGE)


@rule(
    "VR134", "writable-before-readable", E, DRV, "2.7.4.2",
    "the chain at head {head} of {queue} has a readable buffer behind a writable one",
)  # fmt: skip
def writable_before_readable(events: Events) -> Array:
    """What it does: checks that all device-readable buffers come before the writable ones.

    Why it is bad: the device reads requests and writes answers as two streams; a mixed order swaps them.
    Example: a header appended behind the answer buffer.
    """
    return has(events, Problem.WRITABLE_FIRST)


@rule(
    "VR135", "descriptor-outside-memory", E, DRV, "2.7.5",
    "a buffer of the chain at head {head} of {queue} lies outside guest memory",
)  # fmt: skip
def descriptor_outside_memory(events: Events) -> Array:
    """What it does: checks that every buffer lies wholly in memory that the guest has.

    Why it is bad: the device faults, or writes into another device's registers.
    Example: a virtual address put into a descriptor in place of the physical one.
    """
    return has(events, Problem.OUTSIDE_MEMORY)


@rule("VR136", "descriptor-length-zero", N, DRV, "2.7.5", "a buffer of the chain at head {head} of {queue} is empty")
def descriptor_length_zero(events: Events) -> Array:
    """What it does: looks for buffers of no bytes.

    Why it is bad: nothing forbids them, but several devices reject the whole chain.
    Example: an optional part of a request left in place with length 0.
    """
    return has(events, Problem.LENGTH_ZERO)


@rule(
    "VR137", "descriptor-flags-unknown", N, DRV, "2.7.5",
    "a descriptor of the chain at head {head} of {queue} has flags that are not defined",
)  # fmt: skip
def descriptor_flags_unknown(events: Events) -> Array:
    """What it does: looks for flag bits other than NEXT, WRITE and INDIRECT.

    Why it is bad: split rings give them no meaning; often the descriptor is not one.
    Example: a packed-ring driver's AVAIL and USED bits on a split ring.
    """
    return has(events, Problem.FLAGS_UNKNOWN)


@rule(
    "VR138", "descriptor-shared-by-chains", E, DRV, "2.7.13.1",
    "the chain at head {head} of {queue} uses a descriptor that an outstanding chain has",
)  # fmt: skip
def descriptor_shared_by_chains(events: Events) -> Array:
    """What it does: remembers which outstanding chain owns each descriptor of the ring.

    Why it is bad: the second chain changes the first while the device works on it.
    Example: a descriptor freed when the request timed out, not when it came back.
    """
    return has(events, Problem.SHARED)


@rule(
    "VR139", "descriptor-changed-in-flight", E, DRV, "2.7.13",
    "a descriptor of the chain at head {head} of {queue} changed while the device had it",
)  # fmt: skip
def descriptor_changed_in_flight(events: Events) -> Array:
    """What it does: reads the descriptors of outstanding chains again while the device still has them.

    Why it is bad: the device may have read either version, or half of each.
    Example: a driver that unmaps and clears descriptors on a timeout.
    """
    return has(events, Problem.CHANGED_IN_FLIGHT) & ~events.packed


@rule(
    "VR140", "indirect-not-negotiated", E, DRV, "2.7.5.3.1",
    "the chain at head {head} of {queue} is indirect, which was not negotiated",
)  # fmt: skip
def indirect_not_negotiated(events: Events) -> Array:
    """What it does: checks the INDIRECT flag against feature bit 28.

    Why it is bad: the device takes the table itself for the data.
    Example: a driver that keeps its setting over a reset with other features.
    """
    return has(events, Problem.INDIRECT_NOT_NEGOTIATED)


@rule(
    "VR141", "indirect-nested", E, DRV, "2.7.5.3.1",
    "the indirect table of head {head} of {queue} refers to another indirect table",
)  # fmt: skip
def indirect_nested(events: Events) -> Array:
    """What it does: looks for the INDIRECT flag inside an indirect table.

    Why it is bad: tables must not nest; devices fail the request or recurse.
    Example: flags copied from the referring descriptor into the table.
    """
    return has(events, Problem.INDIRECT_NESTED)


@rule(
    "VR142", "indirect-with-next", E, DRV, "2.7.5.3.1",
    "a descriptor of the chain at head {head} of {queue} is both INDIRECT and NEXT",
)  # fmt: skip
def indirect_with_next(events: Events) -> Array:
    """What it does: looks for INDIRECT and NEXT in one descriptor.

    Why it is bad: devices disagree whether the chain goes on behind the table.
    Example: flags left over from the descriptor's last use.
    """
    return has(events, Problem.INDIRECT_WITH_NEXT)


@rule(
    "VR143", "indirect-length-invalid", E, DRV, "2.7.5.3",
    "the indirect table of head {head} of {queue} is empty or no multiple of 16 bytes",
)  # fmt: skip
def indirect_length_invalid(events: Events) -> Array:
    """What it does: checks the length of the descriptor that refers to an indirect table.

    Why it is bad: the last entry is cut, and its address is read from what lies behind.
    Example: the number of entries written where the number of bytes belongs.
    """
    return has(events, Problem.INDIRECT_LENGTH)


@rule(
    "VR144", "indirect-outside-memory", E, DRV, "2.7.5.3",
    "the indirect table of head {head} of {queue} lies outside guest memory",
)  # fmt: skip
def indirect_outside_memory(events: Events) -> Array:
    """What it does: checks that an indirect table lies wholly in guest memory.

    Why it is bad: the device cannot read the request.
    Example: a table on a kernel stack that is mapped but not physically contiguous.
    """
    return has(events, Problem.INDIRECT_OUTSIDE_MEMORY)


@rule(
    "VR150", "device-wrote-readable-buffer", E, DEV, "2.7.5.1",
    "readable bytes of the chain at head {head} of {queue} changed while the device had it",
)  # fmt: skip
def device_wrote_readable_buffer(events: Events) -> Array:
    """What it does: reads device-readable buffers again while their chain is outstanding.

    Why it is bad: the device must not write them; the driver may reuse the same bytes for a retry.
    Example: a back end that answers into the request buffer.
    """
    return np.asarray((events.flags & EventFlag.READABLE_CHANGED) != 0)


@rule(
    "VR151", "device-wrote-past-used-length", W, DEV, "2.7.8.2",
    "writable bytes of head {head} of {queue} changed beyond the used length {a}",
)  # fmt: skip
def device_wrote_past_used_length(events: Events) -> Hits:
    """What it does: compares the writable bytes beyond the used length with those at the time of offering.

    Why it is bad: the driver trusts that bytes beyond the length are its own, and may pass them on.
    Example: a back end that writes a whole structure and reports only its header.
    """
    mask = events.of(EventKind.USED) & ((events.flags & EventFlag.TAIL_CHANGED) != 0) & ~events.stale
    return Hits(mask, events.used_len.astype(np.int64))
