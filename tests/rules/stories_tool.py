"""Stories about the inspector's own trouble: what it missed, could not decide or could not read."""

from dataclasses import replace

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import WRITE
from vdmabuf_inspect.model.event import EventKind

START, AVAILABLE, USED, GAP = EventKind.START, EventKind.AVAILABLE, EventKind.USED, EventKind.GAP
RECV, SEND = 0, 1


@tells("VX901", also={"VM301"})
def message_of_no_dialects_size() -> Broken:
    story = Story()
    story.request(bytes(100))
    return Broken(story, last(story, AVAILABLE, SEND))


@tells("VX902", also={"VX901", "VX903"})
def ring_lapped() -> Broken:
    story = Story()
    for _ in range(story.recv.layout.size + 4):
        story.recv.describe(9, 0x30000, 64, WRITE)
        story.recv.offer(9)
        story.recv.give_back(9)
    story.look()
    return Broken(story, last(story, GAP, RECV))


@tells("VX902")
def observation_begun_late() -> Broken:
    story = Story(watched=False)
    story.guest.watch(story.recv.layout)
    story.guest.watch(story.send.layout, complete=False)
    return Broken(story, last(story, START, SEND))


@tells("VX903", also={"VM301", "VX901"})
def memory_used_again_at_once() -> Broken:
    story = Story()
    story.recv.describe(9, 0x30000, 64, WRITE)
    for _ in range(2):
        story.recv.offer(9)
        story.recv.give_back(9)
    story.look()
    records = story.guest.records
    stale = [i for i, r in enumerate(records) if r.head == 9 and r.queue == RECV]
    return Broken(story, stale[0])


@tells("VX903")
def torn_look() -> Broken:
    story = Story()
    story.ask()
    row = last(story, USED, RECV)
    records = story.guest.records
    records[row] = replace(records[row], flags=int(records[row].flags) | 1 << 5)
    return Broken(story, row)
