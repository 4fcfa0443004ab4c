"""Which queues make no progress at a moment, what they wait for, and who is to move."""

from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.stall import Stall, Wait

NAMED_NS = 250_000_000
"""A chain that waits longer is named."""
_NO_NOTICE, _BY_INDEX = 1, 2
"""Flags that ask for no notification; of a packed ring, for one at an entry (virtio 1.2, 2.7.7, 2.7.10, 2.8.10)."""


def stalls(
    session: Session, seq: int | None = None, now_ns: int | None = None, least_ns: int = NAMED_NS
) -> list[Stall]:
    """The queues that waited for at least `least_ns` after `seq` events (None: all) at the time `now_ns`.

    Without a time it is that of the moment: of its latest event, or of the observer where it is the newest.
    """
    seq = session.seq if seq is None else min(seq, session.seq)
    now_ns = moment_ns(session, seq) if now_ns is None else now_ns
    found = (stall(RingState(session, queue, seq), now_ns, least_ns) for queue in session.queues.rings)
    return [each for each in found if each is not None]


def moment_ns(session: Session, seq: int) -> int:
    """The time at a moment: that of the observer where it is the newest, else of the latest event; 0 before any."""
    latest = int(session.events.time_ns[seq - 1]) if seq else 0
    return max(latest, session.now_ns) if seq >= session.seq else latest


def stall(ring: RingState, now_ns: int, least_ns: int) -> Stall | None:
    """What one queue waits for. Empty receive buffers wait by design; a queue with nothing outstanding is idle."""
    if ring.stopped or ring.seq == 0:
        return None
    return _held(ring, now_ns, least_ns) or _unnoticed(ring, now_ns, least_ns)


def _held(ring: RingState, now_ns: int, least_ns: int) -> Stall | None:
    """The oldest request that the device has."""
    session = ring.session
    for row in ring.flying:
        since = max(int(session.events.time_ns[row]), ring.resumed_ns)
        if now_ns - since < least_ns:
            return None
        record = session.record(row)
        if record.readable:
            wait, event = _cause(ring, row)
            return Stall(ring.queue.qid, row, record.head, since, now_ns - since, wait, event, _full(ring))
    return None


def _cause(ring: RingState, row: int) -> tuple[Wait, int]:
    """Why the request at `row` may be waiting, by what the device asked for and what was heard since."""
    wish, first = ring.wish, ring.session.record(row).index
    if wish is None or ring.epoch is None or "kicks" not in ring.heard:
        return Wait.DEVICE, 0
    by_index = wish.used_flags == _BY_INDEX if ring.packed else ring.epoch.layout.has(Feature.EVENT_IDX)
    if not by_index:
        due = not wish.used_flags & _NO_NOTICE
        return (Wait.KICK if due and not _kicked(ring, row) else Wait.DEVICE), first
    asked = next((each for each in ring.flying if ring.session.record(each).index == wish.avail_event), -1)
    if asked >= 0:
        return (Wait.DEVICE if _kicked(ring, asked) else Wait.KICK), wish.avail_event
    armed = wish.avail_event == ring.avail_idx
    return (Wait.DEVICE if armed or _kicked(ring, row) else Wait.REARM), wish.avail_event


def _kicked(ring: RingState, row: int) -> bool:
    """Whether a kick was heard in the look at `row` or later."""
    return ring.last(EventKind.KICK, _look_of(ring, row)) >= 0


def _unnoticed(ring: RingState, now_ns: int, least_ns: int) -> Stall | None:
    """Returns that the driver shows no sign of knowing: a call that was due, or receive buffers that do not come."""
    if ring.used < 0 or ring.epoch is None or ring.packed:
        return None
    row, wait = _asked_for(ring), Wait.CALL
    if row < 0 or not _uncalled(ring, row):
        row, wait = ring.used, Wait.BUFFERS
    if ring.available >= _look_of(ring, row) or (wait is Wait.BUFFERS and not _starved(ring)):
        return None
    since = max(int(ring.session.events.time_ns[row]), ring.resumed_ns)
    if now_ns - since < least_ns:
        return None
    record = ring.session.record(row)
    return Stall(ring.queue.qid, row, record.head, since, now_ns - since, wait, record.index)


def _asked_for(ring: RingState) -> int:
    """The row of the return at which the driver asked for a call, -1 where it is not among the latest.

    Without event indices it asks at each; that it waits shows only where it has run out of buffers.
    """
    if ring.epoch is None or not ring.epoch.layout.has(Feature.EVENT_IDX):
        return ring.used if _starved(ring) else -1
    back = (ring.session.record(ring.used).index - (ring.wish.used_event if ring.wish else 0)) & 0xFFFF
    if back >= max(1, ring.queue.size):
        return -1
    return ring.latest(EventKind.USED, back + 1)


def _uncalled(ring: RingState, row: int) -> bool:
    """Whether calls can be heard, none came since the return at `row`, and the driver wants them."""
    if "calls" not in ring.heard or ring.wish is None or ring.wish.avail_flags & _NO_NOTICE:
        return False
    return 0 <= ring.last(EventKind.CALL) < _look_of(ring, row)


def _starved(ring: RingState) -> bool:
    """Whether the driver, which offers receive buffers ahead, has offered none since all of them came back."""
    if ring.flying or ring.available < 0 or ring.session.record(ring.available).readable:
        return False
    return ring.ahead > 1 and ring.avail_idx == ring.used_idx


def _look_of(ring: RingState, row: int) -> int:
    """The first row of the look to which `row` belongs."""
    times = ring.session.events.time_ns[: row + 1]
    return max(ring.begin, place(times, int(times[row])))


def _full(ring: RingState) -> bool:
    """Whether the chains in flight hold every descriptor of the ring."""
    records = (ring.session.record(row) for row in ring.flying)
    taken = sum(max(1, sum(d.table == 0 for d in record.descriptors)) for record in records)
    return taken >= ring.queue.size > 0
