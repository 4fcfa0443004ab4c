"""Stories about rings and what waits on them: each breaks one rule and says at which event (VR101 to VR171)."""

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import RAM_SIZE
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature

START, AVAILABLE, USED, LOOK = EventKind.START, EventKind.AVAILABLE, EventKind.USED, EventKind.LOOK
RECV, SEND = 0, 1
DATA, TABLE = 0x30000, 0x31000
WITH_INDIRECT = int(Feature.VERSION_1 | Feature.INDIRECT_DESC)


def set_up(**layout: int) -> Broken:
    """A send queue that is wrong from the beginning."""
    story = Story(layout=layout)
    return Broken(story, last(story, START, SEND))


@tells("VR101")
def size_of_twelve() -> Broken:
    return set_up(size=12)


@tells("VR102")
def table_beside_its_alignment() -> Broken:
    return set_up(desc=0x5008)


@tells("VR103", also={"VX902"})
def used_ring_in_a_hole() -> Broken:
    return set_up(used=RAM_SIZE + 0x1000)


@tells("VR104")
def used_ring_over_available_ring() -> Broken:
    return set_up(used=0x6010)


@tells("VR110", also={"VX902"})
def available_index_taken_back() -> Broken:
    story = Story()
    story.ask()
    story.export(1)
    story.send.set_avail(story.send.avail_idx - 1)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR111", also={"VX902"})
def available_index_far_ahead() -> Broken:
    story = Story()
    story.send.set_avail(story.send.layout.size + 1)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR112", also={"VR114"})
def used_index_ahead() -> Broken:
    story = Story()
    story.ask()
    story.send.set_used(story.send.used_idx + 1)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR113", also={"VX902"})
def used_index_taken_back() -> Broken:
    story = Story()
    story.ask()
    story.send.set_used(story.send.used_idx - 1)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


def three_requests(story: Story | None = None) -> tuple[Story, list[int]]:
    story = story or Story()
    story.ask()
    return story, [story.export(counter, back=False) for counter in (1, 2, 3)]


@tells("VR114")
def head_that_was_never_available() -> Broken:
    story, _ = three_requests()
    story.take_back(14)
    return Broken(story, last(story, USED, SEND))


@tells("VR114")
def head_returned_twice() -> Broken:
    story, heads = three_requests()
    story.take_back(heads[0])
    story.take_back(heads[0])
    return Broken(story, last(story, USED, SEND))


@tells("VR114")
def head_of_more_than_sixteen_bits() -> Broken:
    story, heads = three_requests()
    story.send.give_back(heads[0] | 1 << 16)
    story.look()
    return Broken(story, last(story, USED, SEND))


@tells("VR115")
def used_length_of_a_request() -> Broken:
    story, heads = three_requests()
    story.take_back(heads[0], 260)
    return Broken(story, last(story, USED, SEND))


@tells("VR116")
def available_flags_unknown() -> Broken:
    story = Story()
    story.send.set_flags(avail=2)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR117")
def used_flag_beside_event_index() -> Broken:
    story = Story(features=int(Feature.VERSION_1 | Feature.EVENT_IDX))
    story.send.set_flags(used=1)
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR118")
def head_beyond_the_table() -> Broken:
    story = Story()
    return offered(story, 99)


def offered(story: Story, head: int) -> Broken:
    """A chain on the receive queue, where no message is expected of it."""
    story.recv.offer(head)
    story.look()
    return Broken(story, last(story, AVAILABLE, RECV))


@tells("VR170")
def request_that_waits() -> Broken:
    story = Story()
    story.ask()
    story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    story.look(1500)
    story.post()
    return Broken(story, row)


@tells("VR170")
def request_that_came_back_late() -> Broken:
    story = Story()
    story.ask()
    head = story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    story.look(1500)
    story.take_back(head)
    return Broken(story, row)


@tells("VR171", also={"VL505"})
def request_lost_with_its_queue() -> Broken:
    story = Story()
    story.ask()
    story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    story.stop()
    return Broken(story, row)


@tells("VR171", also={"VR114"})
def request_lost_to_a_wrong_head() -> Broken:
    story = Story()
    story.ask()
    head = story.export(1, back=False)
    row = last(story, AVAILABLE, SEND)
    story.take_back(head + 1)
    return Broken(story, row)
