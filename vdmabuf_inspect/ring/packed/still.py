"""A packed ring in a lone memory snapshot: what is outstanding now, and that past chains came and went."""

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.flight import Flights
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout
from vdmabuf_inspect.ring.order import merge
from vdmabuf_inspect.ring.packed.course import Course
from vdmabuf_inspect.ring.packed.happened import Offer, Return
from vdmabuf_inspect.ring.packed.slots import Group, Slots, word_of
from vdmabuf_inspect.ring.packed.walk import walk
from vdmabuf_inspect.ring.packed.watch import Watcher
from vdmabuf_inspect.ring.packed.words import Window
from vdmabuf_inspect.ring.records import Records

_PAST = EventFlag.PRESUMED | EventFlag.STALE


def still_records(memory: Memory, layout: QueueLayout, now_ns: int, snaplen: int = 65536) -> list[Record]:
    """START, the chains of the last lap that were returned, those that are outstanding.

    Past chains have no descriptors: the used ones lie over them. What is outstanding is presumed; and STALE where it
    may as well be the rest of a chain that was returned, or was returned itself, before others.
    """
    first, *rest = Watcher(memory, layout, snaplen).start(now_ns, complete=False)
    words = Window(memory, layout).words() if 0 < layout.size <= MAX_SIZE else None
    if words is None:
        return [first, *rest]
    course = Course.begun(words.slots, layout.has(Feature.IN_ORDER))
    happened = course.follow(words.slots)
    course.presume()
    back = {each.id for each in happened.returns}
    offers = [offer for offer in happened.offers if offer.id in back]
    records = Records(memory, layout, snaplen)
    order = merge([(0, o.id) for o in offers], [(0, r.id, 0) for r in happened.returns], set())
    o, r = iter(offers), iter(happened.returns)
    past = [_past(records, now_ns, next(o) if turn == 0 else next(r)) for turn in order]
    looks = [record for record in rest if record.kind is not EventKind.AVAILABLE]
    presumed = [record for record in rest if record.kind is EventKind.AVAILABLE]
    doubtful = [_doubtful(records, now_ns, words.slots, group) for group in course.doubt]
    return [first, *looks, *past, *doubtful, *presumed]


def _doubtful(records: Records, now_ns: int, slots: Slots, group: Group) -> Record:
    chain = walk(records.memory, records.layout, slots, group)
    flight, _ = Flights(records.memory, records.snaplen, lambda _: False).take(chain)
    index = word_of(group.place, slots.size)
    return records.available(now_ns, flight, _PAST, head=group.id, index=index, count=group.slots)


def _past(records: Records, now_ns: int, entry: Offer | Return) -> Record:
    index = word_of(entry.place, records.layout.size)
    fields = {"flags": _PAST, "head": entry.id, "index": index, "count": entry.slots}
    if isinstance(entry, Return):
        return records.make(EventKind.USED, now_ns, used_len=entry.length, **fields)
    return records.make(EventKind.AVAILABLE, now_ns, **fields)
