"""Stories about rings and chains: each breaks one rule and says at which event (VR101 to VR171)."""

from struct import pack

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import INDIRECT, NEXT, RAM_SIZE, WRITE
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


@tells("VR112", also={"VX902"})
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


def direct(*chain: tuple[int, int, int, int], features: int = int(Feature.VERSION_1)) -> Broken:
    """Descriptors (address, length, flags, next) from 8 on, offered."""
    story = Story(features=features)
    for i, descriptor in enumerate(chain):
        story.recv.describe(8 + i, *descriptor)
    return offered(story, 8)


def indirect(
    *table: tuple[int, int, int, int], features: int = WITH_INDIRECT, flags: int = INDIRECT, length: int | None = None
) -> Broken:
    """One descriptor that refers to a table of these."""
    story = Story(features=features)
    story.guest.write(TABLE, b"".join(pack("<QIHH", *entry) for entry in table))
    story.recv.describe(8, TABLE, 16 * len(table) if length is None else length, flags, 9)
    story.recv.describe(9, DATA, 64, WRITE)
    return offered(story, 8)


@tells("VR130")
def chain_in_a_circle() -> Broken:
    return direct((DATA, 64, WRITE | NEXT, 9), (DATA, 64, WRITE | NEXT, 8))


@tells("VR131")
def link_beyond_the_table() -> Broken:
    return direct((DATA, 64, WRITE | NEXT, 16))


@tells("VR132")
def indirect_table_longer_than_the_queue() -> Broken:
    return indirect(*((DATA, 8, WRITE | (NEXT if i < 16 else 0), i + 1) for i in range(17)))


@tells("VR133")
def more_bytes_than_a_length_can_say() -> Broken:
    features = int(Feature.VERSION_1 | Feature.ACCESS_PLATFORM)  # addresses are another space's: not looked up
    return direct((0, 0xFFFFFFFF, WRITE | NEXT, 9), (0, 2, WRITE, 0), features=features)


@tells("VR134")
def request_behind_the_answer() -> Broken:
    return direct((DATA, 64, WRITE | NEXT, 9), (DATA, 64, 0, 0))


@tells("VR135")
def buffer_in_a_hole() -> Broken:
    return direct((RAM_SIZE - 8, 64, WRITE, 0))


@tells("VR136")
def empty_buffer() -> Broken:
    return direct((DATA, 64, WRITE | NEXT, 9), (DATA, 0, WRITE, 0))


@tells("VR137")
def flags_of_a_packed_ring() -> Broken:
    return direct((DATA, 64, WRITE | 1 << 7, 0))


@tells("VR138")
def descriptor_in_two_chains() -> Broken:
    broken = direct((DATA, 64, WRITE | NEXT, 9), (DATA, 64, WRITE, 0))
    return offered(broken.story, 9)


@tells("VR139")
def descriptor_cleared_in_flight() -> Broken:
    story = Story("rfc-v3", device_id=37)
    story.recv.describe(8, DATA, 64, WRITE)
    offered(story, 8)
    story.recv.describe(8, DATA, 32, WRITE)
    story.look()
    return Broken(story, last(story, LOOK, RECV))


@tells("VR140")
def indirect_unasked() -> Broken:
    return indirect((DATA, 64, WRITE, 0), features=int(Feature.VERSION_1))


@tells("VR141")
def indirect_in_indirect() -> Broken:
    return indirect((DATA, 64, WRITE | INDIRECT, 0))


@tells("VR142")
def indirect_and_next() -> Broken:
    return indirect((DATA, 64, WRITE, 0), flags=INDIRECT | NEXT)


@tells("VR143")
def indirect_table_of_24_bytes() -> Broken:
    return indirect((DATA, 64, WRITE, 0), length=24)


@tells("VR144")
def indirect_table_in_a_hole() -> Broken:
    story = Story(features=WITH_INDIRECT)
    story.guest.write(RAM_SIZE - 16, pack("<QIHH", DATA, 64, WRITE, 0))
    story.recv.describe(8, RAM_SIZE - 16, 32, INDIRECT)
    return offered(story, 8)


@tells("VR150")
def answer_in_the_request() -> Broken:
    story, heads = three_requests()
    story.guest.write(story.slot(1, heads[1]) + 200, b"answer")
    story.look()
    return Broken(story, last(story, LOOK, SEND))


@tells("VR151")
def more_written_than_said() -> Broken:
    story = Story()
    story.ask()
    message = story.export_message(1)
    story.guest.write(DATA, message)
    story.send.describe(8, DATA, len(message), NEXT, 9)
    story.send.describe(9, TABLE, 64, WRITE)
    story.send.offer(8)
    story.look()
    story.guest.write(TABLE, b"\1" * 64)
    story.send.give_back(8, 8)
    story.look()
    return Broken(story, last(story, USED, SEND))


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
