"""Stories about vdmabuf identities, lives and pages: each breaks one rule and says at which event."""

from tests.rules.telling import Broken, last, tells
from tests.stories import Story
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.finding import Culprit, Severity

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
def only_page_that_ends_before_it_begins() -> Broken:
    story = begun()
    story.export(1, pages=1, first_offset=2048, last_length=2048)
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
