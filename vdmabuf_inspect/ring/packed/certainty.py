"""What moved on a packed ring while the chains of one look were read: of which of them that reading may be too late."""

from collections.abc import Container, Iterable

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.packed.course import Course
from vdmabuf_inspect.ring.packed.happened import Offer
from vdmabuf_inspect.ring.packed.slots import INDIRECT, Slots


def since(records: Iterable[Record], course: Course, read: Slots, now: Slots) -> tuple[set[int], set[int]]:
    """Buffer IDs made available again and buffer IDs returned, or perhaps, since the ring was `read`.

    What stands in a chain's slots vouches for it, unless two laps went by.
    """
    if now is read:
        return set(), set()
    made = [record for record in records if record.kind is EventKind.AVAILABLE]
    driver = now.driver()
    ahead = now.run(course.driver) if driver is None else (driver - course.driver) % (2 * now.size)
    if ahead > now.size:
        return {record.head for record in made}, set()
    again, back = _moved(course, now)
    again |= {record.head for record in made if not _stands(record, read, now)}
    if course.driver + ahead - course.device > now.size or (back and course.in_order):
        # used descriptors may have been overwritten, or one of them stands for several chains
        back |= {record.head for record in made}
    return again, back


def half_used(slots: Slots, offer: Offer, held: Container[int]) -> bool:
    """Whether half a used descriptor may lie over the first one of a chain: its length and its buffer ID."""
    _, length, buffer, flags = slots.at(offer.place)
    other = offer.slots > 1 and buffer != offer.id and buffer in held
    return not length or other or (bool(flags & INDIRECT) and length % 16 > 0)


def _moved(course: Course, slots: Slots) -> tuple[set[int], set[int]]:
    """Buffer IDs made available and buffer IDs returned from where both sides were when the ring was read."""
    end = course.driver + slots.run(course.driver)
    returned, at = set[int](), max(course.device, end - course.size)
    while (mark := slots.next_marked(at, end)) is not None:
        returned.add(slots.at(mark)[2])
        at = mark + 1
    return {group.id for group in slots.groups(course.driver, end)}, returned


def _stands(record: Record, read: Slots, now: Slots) -> bool:
    """Whether the slots of a chain are what they were, but for used descriptors."""
    slot, wrap = record.index & 0x7FFF, record.index >> 15
    for place in range(slot, slot + max(1, record.count)):
        turn = wrap if place < now.size else 1 - wrap
        (addr, *_, flags), (old, *_, old_flags) = now.at(place), read.at(place)
        if (addr, flags) != (old, old_flags) and now.bits(place) != (turn, turn):
            return False
    return True
