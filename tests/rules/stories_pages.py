"""Stories about the pages behind a buffer, which an observer reads in guest memory while the device has it."""

from collections.abc import Sequence
from dataclasses import replace
from struct import pack

from tests.rules.stories_vdmabuf import AVAILABLE, SEND, begun
from tests.rules.telling import Broken, tells
from tests.stories import Story
from tests.stories.guest import RAM_SIZE
from vdmabuf_inspect.protocols.vdmabuf.export import Export, Listener
from vdmabuf_inspect.sources.page_walk import pages_record, reading

ROOT, SECOND, DATA, PAGE = 0x30000, 0x34000, 0x80000, 4096
NOWHERE = RAM_SIZE + 0x10000


def put_table(story: Story, counter: int, pages: Sequence[int], second: int = 0) -> int:
    """Write a buffer's page table; the address of its root page."""
    root, second = ROOT + PAGE * counter, second or SECOND + PAGE * counter
    story.guest.write(root, pack("<Q", second))
    if second < RAM_SIZE:
        story.guest.write(second, pack(f"<{len(pages)}Q", *pages))
    return root


def pages_of(counter: int) -> list[int]:
    return [DATA + 0x8000 * counter + PAGE * i for i in (0, 1, 3)]


def export(story: Story, counter: int, pages: Sequence[int], second: int = 0) -> None:
    """A buffer of these pages, exported and read."""
    story.export(counter, pages=len(pages), reference=put_table(story, counter, pages, second))
    read(story)


def read(story: Story, behind: int = 0) -> int:
    """Read the pages of the latest export but `behind`; the row of what was read."""
    rows = [i for i, r in enumerate(story.guest.records) if (r.kind, r.queue) == (AVAILABLE, SEND)]
    heard = Listener(37, story.dialect).hear(story.guest.records[rows[-1 - behind]])
    (said,) = [each for each in heard if isinstance(each, Export)]
    found = reading(said, story.guest.memory, whole=True)
    story.guest.now += 1
    story.guest.records.append(replace(pages_record(said, found), time_ns=story.guest.now))
    return len(story.guest.records) - 1


def found(story: Story) -> Broken:
    """What was read last is wrong."""
    return Broken(story, len(story.guest.records) - 1)


@tells("VP605")
def root_page_outside_memory() -> Broken:
    story = begun()
    story.export(1, reference=NOWHERE)
    read(story)
    return found(story)


@tells("VP605")
def second_level_page_outside_memory() -> Broken:
    story = begun()
    export(story, 1, pages_of(1), second=NOWHERE)
    return found(story)


@tells("VP605")
def data_page_outside_memory() -> Broken:
    story = begun()
    export(story, 1, [*pages_of(1), NOWHERE])
    return found(story)


@tells("VP606")
def page_listed_twice() -> Broken:
    story = begun()
    export(story, 1, [*pages_of(1), pages_of(1)[0]])
    return found(story)


@tells("VP607")
def page_of_two_live_buffers() -> Broken:
    story = begun()
    export(story, 1, pages_of(1))
    export(story, 2, [*pages_of(2), pages_of(1)[2]])
    return found(story)


@tells("VP607", also={"VX902"})
def page_of_two_buffers_seen_from_the_middle() -> Broken:
    story = Story(watched=False)
    story.watch(complete=False)
    export(story, 1, pages_of(1))
    export(story, 2, [*pages_of(2), pages_of(1)[2]])
    return found(story)


@tells("VP608")
def page_that_holds_a_ring() -> Broken:
    story = begun()
    export(story, 1, [*pages_of(1), story.send.layout.used & -PAGE])
    return found(story)


@tells("VP608")
def page_that_holds_a_posted_buffer() -> Broken:
    story = begun()
    export(story, 1, [*pages_of(1), story.slot(0, 1) & -PAGE])
    return found(story)


@tells("VP608")
def page_of_its_own_table() -> Broken:
    story = begun()
    export(story, 1, [*pages_of(1), SECOND + PAGE])
    return found(story)


@tells("VP609")
def table_changed_while_exported() -> Broken:
    story = begun()
    export(story, 1, pages_of(1))
    put_table(story, 1, pages_of(1)[::-1])
    read(story)
    return found(story)


@tells("VP611")
def painted_over_while_exported() -> Broken:
    story = begun()
    export(story, 1, pages_of(1))
    story.guest.write(pages_of(1)[0] + 100, b"paint")
    read(story)
    return found(story)
