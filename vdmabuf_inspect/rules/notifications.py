"""Rules about kicks and calls (VR160 to VR163) and a ring without room (VR172), judged where a queue stands still.

A notification that a peer took before the observer looked is not heard, and several may be heard as one. So silence
alone proves nothing: these rules speak of a queue that waits, and what they say of silence is possible.
"""

from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import On, Per, Standing, rule
from vdmabuf_inspect.rules.time import Clock
from vdmabuf_inspect.track.stall import Stall, Wait

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV = Culprit.DRIVER, Culprit.DEVICE
_MS = 1_000_000


def _standing(stall: Stall, certain: bool = False) -> Standing:
    return Standing(stall.row, stall.qid, a=stall.age_ns // _MS, b=stall.event, certain=certain)


@rule(
    "VR160", "kick-missing", E, DRV, "2.7.10.1, 2.8.10",
    "no kick was heard on {queue} for the chain at head {head}, which has waited for {a} ms; the device asked for one",
    on=On.CLOCK, per=Per.QUEUE,
)  # fmt: skip
def kick_missing(clock: Clock) -> list[Standing]:
    """What it does: finds requests that wait although the device asked to be told of them and no kick was heard.

    Why it is bad: the device sleeps until the next kick, if there is one: a request hangs for no visible reason.
    Judged only where kicks can be heard and after `--stuck-after`; a kick that the device took at once and then
    forgot looks the same, so the finding is possible.
    Example: a driver that reads avail_event before its index is visible, without a barrier in between.
    """
    return [_standing(stall) for stall in clock.stalls if stall.wait is Wait.KICK]


@rule(
    "VR161", "interrupt-missing", E, DEV, "2.7.7.2, 2.8.10",
    "no call was heard on {queue} since head {head} was returned {a} ms ago; the driver asked for one and waits",
    on=On.CLOCK, per=Per.QUEUE,
)  # fmt: skip
def interrupt_missing(clock: Clock) -> list[Standing]:
    """What it does: finds returns that the driver asked to be told of, with no call heard and no sign that it knows.

    Why it is bad: the driver sleeps, and what it waits for lies in the used ring.
    Judged only where calls of the queue have been heard before and after `--stuck-after`; hardware assistance may
    take a call before it can be heard, so the finding is possible.
    Example: a device that reads used_event before its index is visible, without a barrier in between.
    """
    return [_standing(stall) for stall in clock.stalls if stall.wait is Wait.CALL]


@rule(
    "VR162", "event-index-stale", W, DEV, "2.7.10",
    "the chain at head {head} of {queue} has waited for {a} ms while the device asks for no kick: avail_event is {b}",
    on=On.CLOCK, per=Per.QUEUE,
)  # fmt: skip
def event_index_stale(clock: Clock) -> list[Standing]:
    """What it does: finds requests that wait behind an avail_event which lies so far back that no kick will come.

    Why it is bad: a device that sleeps like this is never woken; one that is only slow does no harm, so the finding
    is possible.
    Example: a device that goes to sleep without writing avail_event, or without looking at the ring once more.
    """
    return [_standing(stall) for stall in clock.stalls if stall.wait is Wait.REARM]


@rule(
    "VR163", "kick-suppression-ignored", N, DRV, "2.7.10",
    "{queue} was kicked again and again though the device asked for no kicks", on=On.CLOCK, per=Per.QUEUE,
)  # fmt: skip
def kick_suppression_ignored(clock: Clock) -> list[Standing]:
    """What it does: finds three kicks in a row that the device had asked not to get, by its flags or its avail_event.

    Why it is bad: each costs an exit from the guest and wakes a device that polls anyway. It is allowed, and what
    the device asks may change between two looks, so the finding is a possible note.
    Example: a driver that negotiates EVENT_IDX and still looks at the flags.
    """
    return clock.unasked


@rule(
    "VR172", "ring-exhausted", N, DRV, "-",
    "every descriptor of {queue} has been taken for {a} ms, since the chain at head {head} or longer",
    on=On.CLOCK, per=Per.QUEUE,
)  # fmt: skip
def ring_exhausted(clock: Clock) -> list[Standing]:
    """What it does: tells that requests hold every descriptor of a queue while the oldest has long been waiting.

    Why it is bad: the driver cannot ask for anything more; a ring that is too small, or a device that is too slow.
    Full rings of empty receive buffers are as they should be and not meant.
    Example: a queue of 16 descriptors used for chains of eight.
    """
    return [_standing(stall, certain=True) for stall in clock.stalls if stall.full]
