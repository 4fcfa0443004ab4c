"""Stories about vdmabuf messages, identities, lives and pages: each breaks one rule and says at which event."""

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build

START, AVAILABLE, USED = EventKind.START, EventKind.AVAILABLE, EventKind.USED
RECV, SEND = 0, 1
DRIVER, DEVICE = Culprit.DRIVER, Culprit.DEVICE


def begun(dialect: str = "spec") -> Story:
    """A story whose VM ID is known."""
    story = Story(dialect)
    story.ask()
    return story


def sent(story: Story, culprit: Culprit | None = None, severity: Severity | None = None) -> Broken:
    """The driver's latest message is wrong."""
    return Broken(story, last(story, AVAILABLE, SEND), culprit, severity)


def received(story: Story, culprit: Culprit | None = None) -> Broken:
    """The device's latest message is wrong."""
    return Broken(story, last(story, USED, RECV), culprit)


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


@tells("VI401")
def another_vm() -> Broken:
    story = begun()
    story.export(1, halves=(9, 1))
    return sent(story)


@tells("VI402")
def halves_as_linux_has_them() -> Broken:
    story = begun()
    story.export(1, halves=(1, 7))
    return sent(story)


@tells("VI403")
def exported_twice() -> Broken:
    story = begun()
    story.export(1)
    story.export(1)
    return sent(story)


@tells("VI404")
def exported_anew() -> Broken:
    story = begun()
    story.export(1)
    story.release(1)
    story.export(1)
    return sent(story)


@tells("VI405")
def counter_with_another_key() -> Broken:
    story = begun()
    story.export(1)
    story.export(1, key=(11, 12))
    return sent(story)


@tells("VI406")
def counter_back() -> Broken:
    story = begun()
    story.export(5)
    story.export(3)
    return sent(story)


@tells("VI407")
def key_of_zeros() -> Broken:
    story = begun()
    story.export(1, key=(0, 0))
    return sent(story)


@tells("VI407")
def key_again() -> Broken:
    story = begun()
    story.export(1, key=(3, 4))
    story.export(2, key=(3, 4))
    return sent(story)


@tells("VI408")
def other_vmid_later() -> Broken:
    story = begun()
    story.ask(vmid=8)
    return received(story)


@tells("VI409")
def vmid_of_zero() -> Broken:
    story = Story()
    story.ask(vmid=0)
    return received(story)


@tells("VI410")
def twins() -> Broken:
    one = begun()
    two = Story(guest=one.guest, device=1)
    two.ask()
    row = last(two, USED, RECV)
    return Broken(two, row)


@tells("VL501")
def export_too_early() -> Broken:
    story = Story()
    story.export(1)
    row = last(story, AVAILABLE, SEND)
    story.ask()
    return Broken(story, row)


@tells("VL502")
def release_of_a_stranger() -> Broken:
    story = begun()
    story.export(1)
    story.release(1, key=(1, 2))
    return received(story, DEVICE)


@tells("VL503")
def released_twice() -> Broken:
    story = begun()
    story.export(1)
    story.release(1)
    story.release(1)
    return received(story, DEVICE)


@tells("VL504")
def released_while_the_export_is_out() -> Broken:
    story = begun()
    story.export(1, back=False)
    story.release(1)
    return received(story, DEVICE)


@tells("VL505")
def left_over() -> Broken:
    story = begun()
    story.export(1)
    row = last(story, AVAILABLE, SEND)
    story.stop()
    return Broken(story, row)


@tells("VL506")
def ever_more() -> Broken:
    story = begun()
    story.post(8)
    for counter in range(1, 15):
        story.look(1250)
        story.export(counter)
    return Broken(story, None)


@tells("VL507")
def nowhere_to_land() -> Broken:
    story = begun()
    for counter in range(1, 9):
        story.export(counter)
    return sent(story)


@tells("VP601")
def no_pages() -> Broken:
    story = begun()
    story.export(1, pages=0)
    return sent(story)


@tells("VP601")
def fewer_than_no_pages() -> Broken:
    story = begun()
    story.export(1, pages=-1)
    return sent(story)


@tells("VP601")
def pages_beyond_a_root_page() -> Broken:
    story = begun()
    story.export(1, pages=512 * 512 + 1)
    return sent(story)


@tells("VP602")
def first_page_left_out() -> Broken:
    story = begun()
    story.export(1, first_offset=4096)
    return sent(story)


@tells("VP603")
def last_page_empty() -> Broken:
    story = begun()
    story.export(1, last_length=0)
    return sent(story)


@tells("VP603")
def last_page_too_long() -> Broken:
    story = begun()
    story.export(1, last_length=4097)
    return sent(story)


@tells("VP604")
def list_beside_a_page() -> Broken:
    story = begun()
    story.export(1, reference=0x80008)
    return sent(story)


@tells("VP604")
def list_nowhere() -> Broken:
    story = begun()
    story.export(1, reference=0)
    return sent(story)


@tells("VP610")
def list_with_its_words_exchanged() -> Broken:
    story = begun()
    story.export(1, reference=0x80000 << 32)
    return sent(story)
