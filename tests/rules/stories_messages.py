"""Stories about vdmabuf messages: each breaks one rule and says at which event (VM301 to VM321)."""

from tests.rules.stories_vdmabuf import AVAILABLE, DEVICE, DRIVER, RECV, SEND, START, begun, received, sent
from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from tests.stories.guest import WRITE
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build


@tells("VM301")
def message_without_its_tail() -> Broken:
    story = begun()
    story.request(story.export_message(1)[:248])
    return sent(story, DRIVER)


@tells("VM301")
def answer_cut_by_its_length() -> Broken:
    story = begun()
    story.export(1)
    story.answer(story.named(Op.DMABUF_REL, 1), length=100)
    return received(story, DEVICE)


@tells("VM301")
def receive_buffer_too_small() -> Broken:
    story = begun()
    story.export(1)
    message = story.named(Op.DMABUF_REL, 1)
    story.recv.describe(8, story.slot(0, 8), 128, WRITE)
    story.recv.offer(8)
    story.guest.write(story.slot(0, 8), message[:128])
    story.recv.give_back(8, 128)
    story.look()
    return received(story, DRIVER)


@tells("VM302")
def command_of_no_dialect() -> Broken:
    story = begun()
    story.request(b"\x63\0\0\0" + bytes(256))
    return sent(story, DRIVER)


@tells("VM303")
def release_by_the_driver() -> Broken:
    story = begun()
    story.export(1)
    story.request(story.named(Op.DMABUF_REL, 1))
    return sent(story, DRIVER)


@tells("VM303")
def export_by_the_device() -> Broken:
    story = begun()
    story.answer(story.export_message(1))
    return received(story, DEVICE)


@tells("VM304")
def request_with_old_bytes() -> Broken:
    story = Story()
    story.request(build(story.dialect, Op.NEED_VMID, bytes(200) + b"old"))
    row = last(story, AVAILABLE, SEND)
    story.tell_vmid()
    return Broken(story, row)


@tells("VM305")
def answer_with_old_bytes() -> Broken:
    story = Story()
    story.ask(rest=bytes(100) + b"old")
    return received(story)


@tells("VM306")
def release_with_old_bytes() -> Broken:
    story = begun()
    story.export(1)
    story.release(1, rest=b"\3\0\0\0")
    return received(story, DEVICE)


@tells("VM307")
def answer_to_nobody() -> Broken:
    story = begun()
    story.tell_vmid()
    return received(story)


@tells("VM308")
def question_without_answer() -> Broken:
    story = Story()
    story.request(build(story.dialect, Op.NEED_VMID, b""))
    row = last(story, AVAILABLE, SEND)
    story.look(1500)
    story.post()
    return Broken(story, row)


@tells("VM308")
def answer_that_came_late() -> Broken:
    story = Story()
    story.request(build(story.dialect, Op.NEED_VMID, b""))
    row = last(story, AVAILABLE, SEND)
    story.look(1500)
    story.tell_vmid()
    return Broken(story, row)


@tells("VM309")
def private_size_beyond_the_message() -> Broken:
    story = begun()
    story.export(1, private_size=217)
    return sent(story)


@tells("VM309")
def private_size_beyond_the_drivers_limit() -> Broken:
    story = begun()
    story.export(1, private_size=216)
    return sent(story, severity=Severity.WARNING)


@tells("VM310", also={"VR115"})
def list_head_on_the_wire() -> Broken:
    story = Story("rfc-v3", device_id=37)
    story.ask()
    return Broken(story, last(story, AVAILABLE, SEND), DRIVER, Severity.NOTE)  # every driver of the dialect does it


@tells("VM311")
def private_bytes_behind_their_end() -> Broken:
    story = begun()
    story.export(1, private=b"abcd", private_size=3)
    return sent(story)


@tells("VM320")
def device_id_of_can() -> Broken:
    story = Story(device_id=36)
    story.ask()
    return Broken(story, last(story, START, RECV))


@tells("VM321")
def private_feature_bit() -> Broken:
    story = Story(features=int(Feature.VERSION_1) | 8)
    story.ask()
    return Broken(story, last(story, START, RECV))
