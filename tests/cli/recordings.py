"""The sources that the command line is tried on, made by stories: always the same bytes."""

from pathlib import Path
from struct import pack

from tests.stories.read_back import write_capture
from tests.stories.story import Story, clean
from tests.stories.talk import Talk
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.vhost_user.wire import Request

PICTURE = pack("<IIII", 640, 480, 2560, int.from_bytes(b"XR24", "little")) + pack("<Q", 0)
RING_SIZE = 16


def faulty(dialect: str = "spec") -> Story:
    """One buffer released twice, one never exported but released, one never released, a fourcc that beeps."""
    story = Story(dialect)
    story.ask()
    story.export(1, private=PICTURE)
    story.release(1)
    story.answer(story.named(Op.DMABUF_REL, 1))
    story.answer(story.named(Op.DMABUF_REL, 99))
    story.export(2, pages=2000, private=PICTURE[:12] + b"\x1b[2J" + PICTURE[16:])
    story.export(3, private=PICTURE)
    story.release(3)
    story.export(3, private=PICTURE)
    story.stop()
    return story


def late() -> Story:
    """Watched from the middle on."""
    story = Story("rfc-v4", watched=False)
    story.watch(complete=False)
    for counter in range(4, 7):
        story.export(counter)
        story.release(counter)
    story.stop()
    return story


def paged() -> Story:
    """A buffer whose page table is in memory: three pages, of which two follow each other."""
    story = Story("spec")
    story.ask()
    story.guest.write(0x80000, pack("<Q", 0x81000))
    story.guest.write(0x81000, pack("<QQQ", 0x90000, 0x91000, 0xA0000))
    story.export(1, reference=0x80000, pages=3)
    return story


def talked() -> Story:
    """A control plane: set-up of one ring with two faults in it, and both ends closing."""
    story = Story("spec")
    talk = Talk(story)
    talk.negotiate()
    talk.share()
    talk.set_up()
    talk.place(1, 0x1000)
    talk.ask(Request.SET_STATUS, bytes(4))
    talk.hand_over()
    story.stop()
    talk.leave()
    return story


def save(story: Story, path: Path) -> Path:
    """The story as a capture."""
    return write_capture(path, story.guest.records, story.guest.names)


def queue_options(story: Story) -> list[str]:
    """What the command line has to be told of the story's rings in a snapshot."""
    options = []
    for ring in story.rings:
        at = ring.layout
        options += ["--queue", f"{at.name.partition('/')[2]}={at.desc:#x},{at.avail:#x},{at.used:#x},{at.size}"]
    return options


def make_all(folder: Path) -> None:
    """Every source of the golden tests."""
    save(clean("spec"), folder / "clean.pcapng")
    save(faulty(), folder / "faulty.pcapng")
    save(talked(), folder / "talked.pcapng")
    save(late(), folder / "late.pcapng")
    whole = save(clean("intel"), folder / "cut.pcapng").read_bytes()
    (folder / "cut.pcapng").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "memory.bin").write_bytes(paged().guest.ram)
    (folder / "text.txt").write_text("no capture at all\n")
