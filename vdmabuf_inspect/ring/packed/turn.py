"""Slots that changed although it was nobody's turn to write them: the wrong wrap counter, or laps that nobody saw.

A driver that went two laps between two looks is where it was. Then slots have changed that it should not have touched.
"""

from dataclasses import dataclass

from vdmabuf_inspect.ring.packed.slots import Slots, place_of, word_of, wrap_of


@dataclass(frozen=True, slots=True)
class Turn:
    """Where both sides were at a look, and the ring as it was then."""

    slots: Slots
    driver: int
    device: int


def oldest(slots: Slots, base: int | None) -> int:
    """The first place of which a ring still tells, or the device's where the front end said it (`base`)."""
    size = slots.size
    end = slots.turn() + 2 * size
    first = end - size
    if base:
        return max(first, end - (end - place_of(base >> 16 or base, size)) % (2 * size))
    while first < end and slots.unwritten(first):
        first += 1
    return first


def being_written(before: Turn, now: Slots) -> bool:
    """Whether a chain as long as the ring is about to be published, all of it there but its first descriptor."""
    untouched = now.bits(before.driver) == before.slots.bits(before.driver)
    alone = now.driver() is not None and before.device == before.driver
    return untouched and alone and now.consistent(before.driver + 1, now.size - 1)


def only_device(before: Turn, now: Slots) -> bool:
    """Whether nothing but the device's next slot has other bits than at the last look."""
    first = before.device + 1
    return now.same_bits(before.slots, first, first + now.size - 1)


def lapped(before: Turn, now: Turn) -> bool:
    """Whether free slots behind the driver's place have other bits than before, and others than it would write."""
    begin, end = now.driver + 1, before.device + now.slots.size
    if now.slots.same_bits(before.slots, begin, end):
        return False
    return not all(
        now.slots.bits(place) in (before.slots.bits(place), (wrap := wrap_of(place, now.slots.size), 1 - wrap))
        for place in range(begin, end)
    )


def replaced(before: Turn, now: Turn) -> bool:
    """Whether slots that nobody had to write since are others: available before, and no used descriptor is there now.

    In the slot that the device writes next half a used descriptor may stand.
    """
    for place in range(max(before.device, now.driver - now.slots.size), before.driver):
        if now.slots.same(before.slots, place) or now.slots.marked(place):
            continue
        addr, _, _, flags = now.slots.at(place)
        old, _, _, old_flags = before.slots.at(place)
        if place != now.device or (addr, flags) != (old, old_flags):
            return True
    return False


def wrong_wrap(before: Turn, now: Turn) -> int | None:
    """The slot, with the wrap counter that was due, that one side has just written as if it were in another lap.

    Only where a used descriptor behind it bears witness that there were no laps in between: they would have taken it.
    """
    size = now.slots.size
    free = range(now.driver + 1, before.device + size)
    if free and any(now.slots.marked(place - size) for place in free):
        other = 1 - wrap_of(now.driver, size)
        if now.slots.bits(now.driver) == (other, 1 - other) != before.slots.bits(now.driver):
            return word_of(now.driver, size)
    if now.device < min(before.driver, now.driver) and size > 1:
        wrap = wrap_of(now.device, size)
        if now.slots.bits(now.device) == (1 - wrap, 1 - wrap) and before.slots.bits(now.device) == (wrap, 1 - wrap):
            return word_of(now.device, size)
    return None
