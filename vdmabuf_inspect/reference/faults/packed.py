"""Packed rings that a driver or a device gets wrong (VR120 to VR126)."""

import time
from functools import partial

from vdmabuf_inspect.reference.faults.chains import lengthen
from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.packed_place import AVAIL, FLAGS, USED
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ChainStep, PublishedStep, ReturnedStep, SlotsStep, UsedStep

RESERVED = 3
"""The value of event flags that means nothing."""
MOMENT, LINGER = 0.0007, 0.01
"""Seconds: so short that an observer looks once in it, not twice; and so long that it looks in any case."""


def is_request(step: SlotsStep | UsedStep) -> bool:
    """The chain carries a message of the driver."""
    return step.request


def is_list(step: SlotsStep) -> bool:
    """A message in several descriptors."""
    return step.request and len(step.slots) > 1


slots = partial(fault, side=Side.DRIVER, step=SlotsStep, options="--packed")
published = partial(fault, side=Side.DRIVER, step=PublishedStep, options="--packed")
device = partial(fault, side=Side.DEVICE, options="driver --packed")


@slots("packed-wrap-mismatch", rules="VR120", when=is_request)
def _wrap(step: SlotsStep) -> None:
    """Makes the next descriptor available as if it were in another lap for a while, before it does it right."""
    head = step.slots[0]
    step.ram.write(head.at, head.body)
    step.ram.store16(head.at + FLAGS, head.flags ^ (AVAIL | USED))
    time.sleep(WATCHED)


def _may_repeat(step: ChainStep) -> bool:
    return step.place.packed and bool(step.outstanding) and not step.request


@fault("packed-id-reused", Side.DRIVER, ChainStep, "VR121", when=_may_repeat, options="--packed")
def _reused(step: ChainStep) -> None:
    """Gives a receive buffer the ID of one that is still out."""
    step.number = step.outstanding[-1]


@device("packed-used-id-unknown", step=UsedStep, rules="VR122", when=lambda s: s.request and s.packed)
def _unknown(step: UsedStep) -> None:
    """Keeps a chain a moment and returns it under an ID that is not outstanding."""
    time.sleep(WATCHED)
    step.head = step.size + 11


@slots("packed-chain-bits-inconsistent", rules="VR123", when=is_list, first=1)
def _bits(step: SlotsStep) -> None:
    """Makes the second descriptor of a chain available as if it were in another lap."""
    step.slots[1].flags ^= AVAIL | USED
    step.linger = WATCHED


@slots("packed-first-published-early", rules="VR124", when=is_list, first=1, times=0)
def _early(step: SlotsStep) -> None:
    """Makes the first descriptor of each chain available a moment before the others."""
    for slot in reversed(step.slots):
        step.ram.write(slot.at, slot.body)
        step.ram.store16(slot.at + FLAGS, slot.flags ^ (0 if slot is step.slots[0] else AVAIL | USED))
    del step.slots[0]
    step.linger = LINGER
    time.sleep(MOMENT)


@published("packed-descriptor-changed-in-flight", rules="VR125", when=lambda s: s.place.packed and s.writable, first=2)
def _changed(step: PublishedStep) -> None:
    """Changes a descriptor's length while the device has the chain."""
    lengthen(step)


def _show_reserved(ram: Ram, word: int) -> None:
    """Show reserved event flags for a while."""
    old = ram.load16(word)
    ram.store16(word, RESERVED)
    time.sleep(WATCHED)
    ram.store16(word, old)


@published("packed-event-flags-reserved-driver", rules="VR126", when=lambda s: s.place.packed and s.request)
def _driver_flags(step: PublishedStep) -> None:
    """Asks for interrupts by reserved event flags for a while."""
    _show_reserved(step.ram, step.place.avail + 2)


@device("packed-event-flags-reserved-device", step=ReturnedStep, rules="VR126", when=lambda s: s.place.packed)
def _device_flags(step: ReturnedStep) -> None:
    """Asks for kicks by reserved event flags for a while."""
    _show_reserved(step.ram, step.place.used + 2)
