"""Rings that a driver places, or fills wrongly (VR101 to VR118, VL507)."""

import time
from dataclasses import replace
from functools import partial

from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.steps import PlaceStep, PostStep, PublishedStep

placed = partial(fault, side=Side.DRIVER, step=PlaceStep, first=1)
"""Of either kind of ring, unless it says otherwise."""


def is_split(step: PlaceStep | PublishedStep) -> bool:
    """The ring is no packed one."""
    return not step.place.packed


def is_request(step: PublishedStep) -> bool:
    """What was made available carries a message, on a split ring."""
    return step.request and is_split(step)


published = partial(fault, side=Side.DRIVER, step=PublishedStep, when=is_request)


@placed("queue-size-odd", rules="VR101", when=lambda s: is_split(s) and s.place.size > 4)
def _size(step: PlaceStep) -> None:
    """Sets a queue size that is no power of two."""
    step.place = Place.at(step.place.desc, step.place.size - 1)


@placed("ring-misaligned", rules="VR102")
def _misaligned(step: PlaceStep) -> None:
    """Puts the descriptor table eight bytes beside its alignment."""
    old = step.place
    step.place = replace(old, desc=old.desc + 8, avail=old.avail + 16, used=old.used + 16)


@placed("ring-outside", rules="VR103")
def _outside(step: PlaceStep) -> None:
    """Lets the device's part of the ring run over the end of guest memory."""
    step.place = replace(step.place, used=step.limit - (2 if step.place.packed else 8))


@placed("ring-overlap", rules="VR104", when=is_split)
def _overlap(step: PlaceStep) -> None:
    """Puts the available ring over the last descriptors of the table, which it then leaves alone."""
    old = step.place
    taken = min(2, old.size - 1)
    step.place = replace(old, avail=old.avail - 16 * taken)
    step.reserved |= set(range(old.size - taken, old.size))


def _stored(step: PublishedStep, index: int) -> None:
    """Show another available index for a while."""
    time.sleep(WATCHED)
    step.ram.store16(step.place.avail + 2, index)
    step.notify()
    time.sleep(WATCHED)
    step.ram.store16(step.place.avail + 2, step.avail_idx)
    step.notify()


@published("available-back", rules="VR110")
def _back(step: PublishedStep) -> None:
    """Takes the available index back by two for a while."""
    _stored(step, step.avail_idx - 2)


@published("available-jump", rules="VR111")
def _jump(step: PublishedStep) -> None:
    """Makes more available than the queue holds for a while."""
    _stored(step, step.avail_idx + step.place.size + 5)


@published("available-flags", rules="VR116")
def _flags(step: PublishedStep) -> None:
    """Sets reserved bits of avail.flags."""
    step.ram.store16(step.place.avail, 0x8002)


@published("head-out-of-range", rules="VR118")
def _head(step: PublishedStep) -> None:
    """Makes a head available that the table does not have."""
    step.publish(step.place.size + 3)
    step.notify()


@fault("recv-starved", Side.DRIVER, PostStep, "VL507", when=lambda s: s.posted >= 1, first=1, times=0)
def _starved(step: PostStep) -> None:
    """Never has more than one receive buffer posted."""
    step.skip = True
