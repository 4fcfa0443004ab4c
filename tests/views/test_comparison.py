"""What changed between two moments: exactly what was changed, and nothing where nothing was."""

from pathlib import Path

from tests.cli.running import run
from tests.rules.stories_pages import begun, export, pages_of, put_table, read
from tests.stories import Story
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.views.comparison import Change, Pace, Side, compare


def held(story: Story) -> Memory:
    """Guest memory as it is now, for good."""
    kept = bytes(story.guest.ram)
    return Memory([Segment(0, len(kept), lambda offset, size: kept[offset : offset + size])])


def told(before: Side, after: Side, kind: str) -> list[tuple[str, str, object, object]]:
    return [(c.subject, c.what, c.before, c.after) for c in compare(before, after) if c.kind == kind]


def test_nothing_changed(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    session = story.session(tmp_path)
    side = Side(session, session.seq, held(story))
    assert list(compare(side, side)) == []


def test_two_moments_of_one_session(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    export(story, 2, pages_of(2))
    middle = len(story.guest.records)
    story.release(1)
    export(story, 3, pages_of(3))
    session = story.session(tmp_path)
    before, after = Side(session, middle), Side(session, session.seq)
    assert told(before, after, "buffer") == [
        ("7:1", "state", "exported", "released"),
        ("7:3", "state", None, "exported"),
    ]
    assert told(before, after, "message") == [
        ("vdmabuf0/recv DMABUF_REL", "count", 0, 1),
        ("vdmabuf0/send EXPORT", "count", 2, 3),
    ]
    rings = {(subject, what): (old, new) for subject, what, old, new in told(before, after, "ring")}
    assert rings["vdmabuf0/send", "avail_idx"] == (3, 4)
    assert not told(before, after, "page")
    released = next(c for c in compare(before, after) if c.subject == "7:1")
    assert session.record(released.seq - 1).queue == 0 and middle < released.seq <= session.seq


def test_of_many_buffers_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    story, done = begun(), list[float]()
    for counter in range(1, 6):
        export(story, counter, pages_of(counter))
    middle = len(story.guest.records)
    for counter in (2, 3, 5):
        story.release(counter)
    export(story, 7, pages_of(7))
    session = story.session(tmp_path)
    found = list(compare(Side(session, middle), Side(session, session.seq), Pace(2, done.append)))
    assert [(c.subject, c.before, c.after) for c in found if c.kind == "buffer"] == [
        ("7:2", "exported", "released"), ("7:3", "exported", "released"), ("2 more", None, None),
    ]  # fmt: skip
    assert done == sorted(done) and done[0] == 0


def test_findings_that_came(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    middle = len(story.guest.records)
    put_table(story, 1, pages_of(1)[::-1])
    read(story)
    session = story.session(tmp_path)
    before, after = Side(session, middle), Side(session, session.seq)
    assert told(before, after, "finding") == [("VP609 reference-changed-while-exported", "count", 0, 1)]
    assert told(before, after, "page") == [("7:1", "addresses", "3 pages", "3 pages, 2 elsewhere")]


def test_contents_of_two_memories(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    first = held(story)
    for page in (pages_of(1)[1], pages_of(1)[2]):
        story.guest.write(page + 5, b"!")
    session = story.session(tmp_path)
    changes = list(compare(Side(session, session.seq, first), Side(session, session.seq, held(story))))
    assert changes == [Change("page", "7:1", "pages 1 to 2", "content", "other content")]


def test_command(tmp_path: Path) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    middle = len(story.guest.records)
    story.release(1)
    story.session(tmp_path)
    (capture,) = tmp_path.glob("*.pcapng")
    same = run("compare", capture, capture)
    assert (same.code, same.out) == (0, "nothing changed\n")
    text = run("compare", capture, "--at", middle)
    assert "buffer" in text.out and "released" in text.out and text.code == 0
    lines = run("compare", capture, "--at", middle, "--format", "json").out.splitlines()
    assert '"kind": "buffer", "subject": "7:1", "what": "state", "before": "exported", "after": "released"' in lines[-1]
