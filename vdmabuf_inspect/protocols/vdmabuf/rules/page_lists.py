"""Rules about the pages behind a buffer, as they were read in guest memory while the device had it (VP605 to VP611).

They are given only readings of buffers that are known to be live: nothing of the device was missed since the export.
Of an export that a snapshot found among a ring's past entries they say only what is possible.
"""

from functools import partial

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.looks import Looks
from vdmabuf_inspect.rules.registry import History, Hits, On, rule

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV = Culprit.DRIVER
page_rule = partial(rule, on=On.PAGES, protocol="vdmabuf", history=History.HELPS)
_NOWHERE = -1


def _there(address: Array) -> Array:
    """Mask: an address, which may be so high that it reads as a negative number."""
    return np.asarray(address != _NOWHERE)


@page_rule(
    "VP605", "reference-outside-memory", E, DRV, "S Export",
    "the root page of {buffer} is at {a:#x}, outside the guest's memory"
    "|a second-level page of {buffer} is at {a:#x}, outside the guest's memory"
    "|a data page of {buffer} is at {a:#x}, outside the guest's memory",
)  # fmt: skip
def reference_outside_memory(looks: Looks) -> Hits:
    """What it does: walks root, second-level and data pages and looks for one that the guest does not have.

    Why it is bad: the host fails to map the buffer, or maps memory of something else. A page that a dump
    left out is no such page.
    Example: page frame numbers where addresses are meant.
    """
    return Hits(_there(looks.outside_at), looks.outside_at, looks.level)


@page_rule(
    "VP606",
    "page-repeated",
    W,
    DRV,
    "S Export",
    "the page at {a:#x} is in the list of {buffer} again; {b} entries repeat",
)
def page_repeated(looks: Looks) -> Hits:
    """What it does: looks for a data page that stands twice in one buffer's list.

    Why it is bad: what is written to one part of the buffer appears in another.
    Example: a list that was filled past its last page with the first one.
    """
    return Hits(looks.repeats > 0, looks.repeated_at, looks.repeats)


@page_rule(
    "VP607", "pages-shared-by-live-buffers", E, DRV, "S Export",
    "{buffer} has the page at {a:#x}, and so has {other}, which the device has too",
)  # fmt: skip
def pages_shared(looks: Looks) -> Hits:
    """What it does: compares the data pages of every buffer that the device has with each other.

    Why it is bad: a frame is painted over while another one that shows it is still in use.
    Example: pages that were freed and allocated again before the release of their first buffer.
    """
    return Hits(looks.sharer >= 0, looks.shared_at, looks.sharer)


@page_rule(
    "VP608", "pages-overlap-ring", E, DRV, "S Export",
    "the data page at {a:#x} of {buffer} holds a ring"
    "|the data page at {a:#x} of {buffer} holds the buffer of a message that is on its way"
    "|the data page at {a:#x} of {buffer} is a page of a page table",
)  # fmt: skip
def pages_overlap_ring(looks: Looks) -> Hits:
    """What it does: compares data pages with the rings, the messages on their way and the page tables.

    Why it is bad: whoever fills the buffer writes over what driver and device talk through.
    Example: a list built from an array that was itself freed and given to the ring.
    """
    return Hits(_there(looks.overlap_at), looks.overlap_at, looks.overlap)


@page_rule(
    "VP609", "reference-changed-while-exported", E, DRV, "S Export",
    "the page table of {buffer} at {a:#x} changed while the device had it",
)  # fmt: skip
def reference_changed(looks: Looks) -> Hits:
    """What it does: reads the page table of a buffer again and again while the device has it, and compares.

    Why it is bad: what the device mapped is no longer what the driver believes it shared.
    Example: a table that is freed at the export's return and not at the release.
    """
    return Hits(looks.table_changed, looks.reference)


@page_rule(
    "VP611", "written-while-device-owns", N, DRV, "S Export",
    "the data of {buffer} changed while the device had it",
)  # fmt: skip
def written_while_device_owns(looks: Looks) -> Array:
    """What it does: reads a sample of a buffer's data again and again while the device has it, and compares.

    Why it is bad: the specification lets one side use a buffer at a time; a picture that changes while it is
    shown tears. It may be the device that wrote.
    Example: a compositor that paints the next frame without waiting for the release.
    """
    return looks.data_changed
