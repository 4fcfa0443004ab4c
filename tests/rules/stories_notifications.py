"""Stories about kicks and calls that do not come, and about queues that stand still."""

from dataclasses import replace
from struct import pack, pack_into

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import Ring
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Confidence, Culprit
from vdmabuf_inspect.model.record import Record

AVAILABLE, USED, KICK, CALL = EventKind.AVAILABLE, EventKind.USED, EventKind.KICK, EventKind.CALL
RECV, SEND = 0, 1
EVENTS = int(Feature.VERSION_1 | Feature.EVENT_IDX)


def heard(features: int = EVENTS, size: int = 16) -> Story:
    """A device whose notifications can be heard."""
    story = Story(features=features, size=size)
    flags = EventFlag.KICKS_HEARD | EventFlag.CALLS_HEARD
    records = story.guest.records
    records[:] = [replace(r, flags=r.flags | flags) if r.kind is EventKind.START else r for r in records]
    story.ask()
    notify(story, CALL, RECV)
    return story


def notify(story: Story, kind: EventKind, queue: int) -> None:
    story.guest.records.append(Record(kind, story.guest.now, queue=queue, count=1))


def rest(story: Story, ms: int = 1500) -> None:
    """Nothing happens for a while, after which the observer's counts are told."""
    story.look(ms)
    flags = EventFlag.KICKS_HEARD | EventFlag.CALLS_HEARD
    told = Record(EventKind.COUNTS, story.guest.now, queue=SEND, flags=flags, readable_bytes=pack("<8Q", *range(8)))
    story.guest.records.append(told)


def kick_at(ring: Ring, index: int) -> None:
    """The device asks to be told of the entry `index`."""
    pack_into("<H", ring.guest.ram, ring.layout.used + 4 + 8 * ring.layout.size, index & 0xFFFF)


def call_at(ring: Ring, index: int) -> None:
    """The driver asks to be told of the return `index`."""
    pack_into("<H", ring.guest.ram, ring.layout.avail + 4 + 2 * ring.layout.size, index & 0xFFFF)


@tells("VR160", also={"VR170"})
def kick_that_was_due_by_event_index() -> Broken:
    story = heard()
    kick_at(story.send, story.send.avail_idx)
    story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    rest(story)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


@tells("VR160", also={"VR170"})
def kick_that_was_due_by_flags() -> Broken:
    story = heard(int(Feature.VERSION_1))
    story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    rest(story)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


@tells("VR160", also={"VR170"})
def kick_that_came_too_late() -> Broken:
    story = heard()
    kick_at(story.send, story.send.avail_idx)
    head = story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    story.look(1500)
    notify(story, KICK, SEND)
    story.take_back(head)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


@tells("VR170", also={"VR160"})
def driver_is_to_move() -> Broken:
    told = kick_that_was_due_by_event_index()
    return replace(told, culprit=Culprit.DRIVER, confidence=Confidence.CERTAIN)


@tells("VR170")
def device_that_was_kicked_is_to_move() -> Broken:
    story = heard()
    kick_at(story.send, story.send.avail_idx)
    story.export(1, back=False)
    notify(story, KICK, SEND)
    row = last(story, AVAILABLE, SEND)
    rest(story)
    return Broken(story, row)


@tells("VR161")
def call_that_was_due() -> Broken:
    story = heard()
    story.export(1)
    call_at(story.recv, story.recv.used_idx)
    story.release(1)
    row = last(story, USED, RECV)
    rest(story)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


@tells("VR161")
def call_that_came_too_late() -> Broken:
    story = heard()
    story.export(1)
    call_at(story.recv, story.recv.used_idx)
    story.release(1)
    row = last(story, USED, RECV)
    story.look(1500)
    notify(story, CALL, RECV)
    story.export(2)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


@tells("VR162", also={"VR170"})
def device_that_went_to_sleep_on_an_old_index() -> Broken:
    story = heard()
    kick_at(story.send, story.send.avail_idx - 1)
    story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    rest(story)
    return Broken(story, row, confidence=Confidence.POSSIBLE)


def kicked_each_time(features: int) -> Broken:
    """Three messages, each with a kick that the device does not want."""
    story = heard(features)
    story.send.set_flags(used=int(features == Feature.VERSION_1))
    story.look(100)
    story.look(100)
    for counter in range(1, 7):
        head = story.export(counter, back=False)
        notify(story, KICK, SEND)
        story.look()
        story.take_back(head)
        if counter > 2:
            story.release(counter - 2)
    kicks = [i for i, r in enumerate(story.guest.records) if (r.kind, r.queue) == (KICK, SEND)]
    return Broken(story, kicks[4 if features == EVENTS else 2], confidence=Confidence.POSSIBLE)


@tells("VR163")
def kicks_past_the_event_index() -> Broken:
    return kicked_each_time(EVENTS)


@tells("VR163")
def kicks_against_the_flags() -> Broken:
    return kicked_each_time(int(Feature.VERSION_1))


@tells("VR172", also={"VR170", "VL507"})
def requests_hold_every_descriptor() -> Broken:
    story = heard(size=8)
    row = 0
    for counter in range(1, 9):
        kick_at(story.send, story.send.avail_idx)
        story.export(counter, back=False)
        notify(story, KICK, SEND)
        row = row or last(story, AVAILABLE, SEND)
    rest(story)
    return Broken(story, row)
