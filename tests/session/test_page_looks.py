"""What is read of a buffer's pages is judged only where it proves something, and looked up as of any moment."""

from pathlib import Path

from tests.rules.stories_pages import begun, export, pages_of, put_table, read
from tests.stories import codes
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.views.page_map import recorded_map


def test_clean_buffers_are_clean(tmp_path: Path) -> None:
    story = begun()
    for counter in (1, 2):
        export(story, counter, pages_of(counter))
    read(story)
    story.release(1)
    export(story, 3, pages_of(1))
    session = story.session(tmp_path)
    assert not codes(session)
    assert len(session.pages) == 4


def test_released_pages_are_nobodys(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    story.release(1)
    put_table(story, 1, pages_of(2))
    read(story)
    assert not codes(story.session(tmp_path))


def test_another_export_of_the_same_id_is_another_reading(tmp_path: Path) -> None:
    story = begun("rfc-v4")
    export(story, 1, pages_of(1))
    export(story, 1, pages_of(2))
    assert "VP609" not in codes(story.session(tmp_path))


def test_reading_of_an_export_before_is_not_judged(tmp_path: Path) -> None:
    story = begun("rfc-v4")
    export(story, 1, pages_of(1))
    export(story, 1, pages_of(2))
    read(story, behind=1)
    assert not {"VP609", "VP611"} & codes(story.session(tmp_path))


def test_what_may_have_been_released_unseen_is_not_judged(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    story.guest.now += 1
    story.guest.records.append(Record(EventKind.GAP, story.guest.now, count=3))
    story.guest.write(pages_of(1)[0], b"repainted")
    put_table(story, 1, pages_of(1)[::-1])
    read(story)
    export(story, 2, pages_of(1))
    assert not {c for c in codes(story.session(tmp_path)) if c.startswith("VP")}


def test_map_as_of_a_moment(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    first = len(story.guest.records)
    story.look()
    put_table(story, 1, pages_of(2))
    read(story)
    session = story.session(tmp_path)
    assert recorded_map(session, 0, first - 1) is None
    for seq, pages in ((first, pages_of(1)), (session.seq, pages_of(2))):
        known = recorded_map(session, 0, seq)
        assert known is not None and known[0].addresses().tolist() == pages and known[1] == seq
