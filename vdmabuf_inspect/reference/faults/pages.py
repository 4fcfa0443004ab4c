"""Metadata and page tables that a driver gets wrong (VP rules)."""

import time
from functools import partial

from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import ExportedStep, ExportStep

export = partial(fault, side=Side.DRIVER, step=ExportStep)
exported = partial(fault, side=Side.DRIVER, step=ExportedStep)
WATCHED = 0.05
"""Seconds for which a passing state stays, so that an observer that polls has seen it."""


@export("pages-zero", rules="VP601")
def _none(step: ExportStep) -> None:
    """Exports a buffer of no pages."""
    step.pages = 0


@export("pages-too-many", rules="VP601")
def _many(step: ExportStep) -> None:
    """Claims one page more than a root page can reach."""
    step.pages = MAX_PAGES + 1


@export("pages-negative", rules="VP601")
def _negative(step: ExportStep) -> None:
    """Claims a negative number of pages."""
    step.pages = -3


@export("first-offset", rules="VP602")
def _offset(step: ExportStep) -> None:
    """Lets the data begin behind the first page."""
    step.first_offset = PAGE_SIZE


@export("last-length", rules="VP603")
def _length(step: ExportStep) -> None:
    """Claims more than a page of data in the last page."""
    step.last_length = PAGE_SIZE + 1


@export("last-length-zero", rules="VP603")
def _length_zero(step: ExportStep) -> None:
    """Claims no data in the last page."""
    step.last_length = 0


@export("reference-misaligned", rules="VP604")
def _misaligned(step: ExportStep) -> None:
    """Gives a root page address that is not on a page."""
    step.reference += 8


@export("reference-zero", rules="VP604")
def _zero(step: ExportStep) -> None:
    """Gives no root page address."""
    step.reference = 0


@export("reference-outside", rules="VP605")
def _outside(step: ExportStep) -> None:
    """Gives a root page where no memory is."""
    step.reference = step.outside


@export("page-outside", rules="VP605")
def _page_outside(step: ExportStep) -> None:
    """Lists a data page where no memory is."""
    step.entries[-1] = step.outside


@export("page-repeated", rules="VP606", when=lambda s: len(s.entries) > 1)
def _repeated(step: ExportStep) -> None:
    """Lists a data page twice."""
    step.entries[-1] = step.entries[0]


@export("pages-shared", rules="VP607", when=lambda s: bool(s.live))
def _shared(step: ExportStep) -> None:
    """Lists a data page of another live buffer."""
    step.entries[0] = step.live[-1].entries[0]


@export("page-in-ring", rules="VP608")
def _ring(step: ExportStep) -> None:
    """Lists the page of a ring as a data page."""
    step.entries[-1] = step.ring


@export("reference-swapped", rules="VP610")
def _swapped(step: ExportStep) -> None:
    """Exchanges the two words of the root page's address."""
    step.reference = (step.reference << 32 | step.reference >> 32) & (1 << 64) - 1


@exported("table-changed", rules="VP609", when=lambda s: len(s.entries) > 1)
def _changed(step: ExportedStep) -> None:
    """Exchanges two entries of a page table while the device has the buffer."""
    time.sleep(WATCHED)
    first, second = (e.to_bytes(8, "little") for e in step.entries[:2])
    step.ram.write(step.tables[1], second + first)
    time.sleep(WATCHED)


@exported("written-while-owned", rules="VP611")
def _written(step: ExportedStep) -> None:
    """Paints over a buffer while the device has it."""
    time.sleep(WATCHED)
    step.ram.write(step.entries[0], b"\xa5" * 64)
    time.sleep(WATCHED)
