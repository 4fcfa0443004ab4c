"""Stories about one chain: its descriptors, its indirect table, its bytes (VR130 to VR151)."""

from struct import pack

from tests.rules.stories_rings import offered, three_requests
from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import INDIRECT, NEXT, RAM_SIZE, WRITE
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature

AVAILABLE, USED, LOOK = EventKind.AVAILABLE, EventKind.USED, EventKind.LOOK
RECV, SEND = 0, 1
DATA, TABLE = 0x30000, 0x31000
WITH_INDIRECT = int(Feature.VERSION_1 | Feature.INDIRECT_DESC)


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
