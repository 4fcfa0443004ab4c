"""Stories about packed rings and about devices that promised to keep the order (VR120 to VR127, and VR101 to VR143)."""

from struct import pack

from tests.rules.stories_rings import three_requests
from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import INDIRECT, NEXT, RAM_SIZE, WRITE
from tests.stories.packed import AVAIL, PACKED, USED, PackedStory
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Culprit

START, AVAILABLE, BACK, LOOK = EventKind.START, EventKind.AVAILABLE, EventKind.USED, EventKind.LOOK
QUEUE = 0
IN_ORDER = int(Feature.IN_ORDER)


def broken(story: PackedStory, kind: EventKind, culprit: Culprit | None = None) -> Broken:
    """It breaks at the latest event of a kind."""
    return Broken(story, last(story, kind, QUEUE), culprit)


@tells("VR120")
def driver_forgets_to_turn_its_counter() -> Broken:
    story = PackedStory(size=5)
    story.lap()
    story.ring.write(story.ring.driver, 0x8000, 64, 0, WRITE | AVAIL)  # the first lap's bits
    story.guest.look()
    return broken(story, LOOK, Culprit.DRIVER)


@tells("VR120")
def device_forgets_to_turn_its_counter() -> Broken:
    story = PackedStory(size=5)
    story.lap()
    story.offer(3)
    story.ring.write(story.ring.device, 0x8000, 64, 3, WRITE | AVAIL | USED)
    story.guest.look()
    return broken(story, LOOK, Culprit.DEVICE)


@tells("VR121")
def buffer_id_of_an_outstanding_chain() -> Broken:
    story = PackedStory()
    story.offer(7)
    story.offer(7)
    return broken(story, AVAILABLE)


@tells("VR122")
def buffer_id_that_was_never_available() -> Broken:
    story = PackedStory()
    story.offer(1)
    story.offer(2)
    story.give_back(9)
    return broken(story, BACK)


@tells("VR122")
def buffer_id_returned_twice() -> Broken:
    story = PackedStory()
    for buffer in (1, 2):
        story.offer(buffer)
    story.give_back(1)
    story.give_back(1)
    return broken(story, BACK)


@tells("VR123")
def bits_in_the_first_descriptor_only() -> Broken:
    story = PackedStory()
    story.ring.write(0, 0x8000, 64, 4, 0)
    story.ring.write(1, 0x8040, 64, 4, WRITE)
    story.ring.publish(story.chain(2))
    story.guest.look()
    story.guest.look()
    return broken(story, AVAILABLE)


@tells("VR124")
def first_descriptor_first() -> Broken:
    story = PackedStory()
    story.ring.write(0, 0x8000, 64, 4, WRITE | NEXT | AVAIL)
    story.guest.look()
    story.ring.write(1, 0x8040, 64, 4, WRITE | AVAIL)
    story.guest.look()
    return broken(story, AVAILABLE)


@tells("VR125")
def address_changed_in_flight() -> Broken:
    story = PackedStory()
    story.offer(4)
    story.ring.write(0, 0x8040, 64, 4, WRITE | AVAIL)
    story.guest.look()
    return broken(story, LOOK)


@tells("VR125")
def indirect_table_changed_in_flight() -> Broken:
    story = indirect([(0x8000, 64, WRITE)])
    story.guest.write(0x9000, pack("<QI", 0x8000, 32))
    story.guest.look()
    return broken(story, LOOK)


@tells("VR126")
def driver_asks_for_a_reserved_event() -> Broken:
    story = PackedStory()
    story.ring.events(driver=(0, 3))
    story.guest.look()
    return broken(story, LOOK, Culprit.DRIVER)


@tells("VR126")
def device_asks_for_one_descriptor_unasked() -> Broken:
    story = PackedStory()
    story.ring.events(device=(0x8004, 2))
    story.guest.look()
    return broken(story, LOOK, Culprit.DEVICE)


@tells("VR127")
def second_before_first_on_a_packed_ring() -> Broken:
    """The device goes on behind the one chain that it returned, not behind a batch."""
    story = PackedStory(features=PACKED | IN_ORDER)
    for buffer in (1, 2, 3):
        story.offer(buffer)
    story.give_back(2)
    story.give_back(1)
    return broken(story, BACK)


@tells("VR127")
def second_before_first_on_a_split_ring() -> Broken:
    story, heads = three_requests(Story(features=int(Feature.VERSION_1) | IN_ORDER))
    story.take_back(heads[1])
    return Broken(story, last(story, BACK, 1))


@tells("VR101", also={"VX902"})
def packed_ring_of_nothing() -> Broken:
    return broken(PackedStory(size=0), START)


@tells("VR102")
def event_structure_beside_its_alignment() -> Broken:
    return broken(PackedStory(used=0x3006), START)


@tells("VR115")
def more_written_than_there_is_room() -> Broken:
    story = PackedStory()
    story.offer(4)
    story.give_back(4, length=65)
    return broken(story, BACK)


@tells("VR135")
def packed_buffer_in_a_hole() -> Broken:
    story = PackedStory()
    story.ring.offer([(RAM_SIZE - 8, 64, WRITE)], 0)
    story.guest.look()
    return broken(story, AVAILABLE)


def indirect(table: list[tuple[int, int, int]], features: int = int(Feature.INDIRECT_DESC)) -> PackedStory:
    story = PackedStory(features=PACKED | features)
    story.guest.write(0x9000, b"".join(pack("<QIHH", addr, length, 0, flags) for addr, length, flags in table))
    story.ring.offer([(0x9000, 16 * len(table), INDIRECT)], 4)
    story.guest.look()
    return story


@tells("VR140")
def packed_indirect_unasked() -> Broken:
    return broken(indirect([(0x8000, 64, WRITE)], features=0), AVAILABLE)


@tells("VR142")
def indirect_in_a_chain_of_neighbours() -> Broken:
    story = PackedStory(features=PACKED | int(Feature.INDIRECT_DESC))
    story.guest.write(0x9000, pack("<QIHH", 0x8000, 64, 0, WRITE))
    story.ring.offer([(0x8000, 64, WRITE), (0x9000, 16, INDIRECT)], 4)
    story.guest.look()
    return broken(story, AVAILABLE)
