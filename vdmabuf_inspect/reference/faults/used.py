"""Used elements that a device gets wrong (VR112 to VR171)."""

import time
from functools import partial

from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import ReturnedStep, UsedStep

STUCK_SECONDS = 1.6
"""Longer than the second after which a chain counts as stuck."""


def is_request(step: UsedStep) -> bool:
    """The chain carried a message of the driver, which is read by now."""
    return bool(step.request)


def is_answer(step: UsedStep) -> bool:
    """The chain carries a message to the driver."""
    return step.message is not None and bool(step.writable)


used = partial(fault, side=Side.DEVICE, step=UsedStep)
returned = partial(fault, side=Side.DEVICE, step=ReturnedStep, when=lambda s: not s.place.packed)


def _stored(step: ReturnedStep, index: int) -> None:
    """Show another used index for a while."""
    time.sleep(WATCHED)
    step.ram.store16(step.place.used + 2, index)
    step.notify()
    time.sleep(WATCHED)
    step.ram.store16(step.place.used + 2, step.used_idx)
    step.notify()


@returned("used-ahead", rules="VR112")
def _ahead(step: ReturnedStep) -> None:
    """Lets the used index pass the available one for a while."""
    _stored(step, step.avail_idx + step.place.size + 3)


@returned("used-back", rules="VR113")
def _back(step: ReturnedStep) -> None:
    """Takes the used index back by two for a while."""
    _stored(step, step.used_idx - 2)


@used("used-id-wrong", rules="VR114", when=lambda s: s.request and not s.packed)
def _id(step: UsedStep) -> None:
    """Returns a chain under the number of a head that is not outstanding."""
    step.head = step.size + 11


@used("used-length-too-long", rules="VR115", when=is_request)
def _length(step: UsedStep) -> None:
    """Says that it wrote more than the chain has room for."""
    step.length = sum(part.len for part in step.writable) + 4096


@returned("used-flags", rules="VR117")
def _flags(step: ReturnedStep) -> None:
    """Sets reserved bits of used.flags."""
    step.ram.store16(step.place.used, 0x4004)


@used("used-out-of-order", rules="VR127", when=lambda s: s.in_order and s.request, times=2, options="--in-order")
def _order(step: UsedStep) -> None:
    """Keeps two chains a moment and returns the later one first although IN_ORDER was negotiated."""
    time.sleep(WATCHED)
    step.behind = True


@used("readable-written", rules="VR150", when=lambda s: s.request and bool(s.readable))
def _readable(step: UsedStep) -> None:
    """Writes into a device-readable buffer and keeps it a moment before it returns it."""
    time.sleep(WATCHED)
    part = step.readable[-1]
    step.ram.write(part.addr + part.len - 2, b"\xee\xee")
    time.sleep(WATCHED)


@used("used-length-short", rules="VR151", when=is_answer)
def _short(step: UsedStep) -> None:
    """Writes more than it says it wrote, and keeps it a moment before it returns it."""
    part = step.writable[-1]
    step.ram.write(part.addr + part.len - 8, b"\xdd" * 8)
    time.sleep(WATCHED)
    step.length -= 8


@used("chain-stuck", rules="VR170", when=is_request)
def _stuck(step: UsedStep) -> None:
    """Keeps a chain for longer than a second while others go on."""
    step.delay = STUCK_SECONDS


@used("chain-lost", rules="VR171", when=is_request)
def _lost(step: UsedStep) -> None:
    """Never returns a chain."""
    step.drop = True
