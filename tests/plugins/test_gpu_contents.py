"""What a virtio-gpu resource holds in guest memory, as the log or the rings tell it."""

from pathlib import Path
from struct import pack

import pytest

from tests.plugins.test_gpu import Console
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.picture import FORMATS, Layout, fourcc_name
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.buffer_bytes import buffer_bytes, buffer_picture, picture_layout
from vdmabuf_inspect.views.contents import RECOVERED, contents
from vdmabuf_inspect.views.namesakes import find_buffer

PAGES = ((0x30000, 4096), (0x20000, 8192), (0x40000, 4096))


def seen(console: Console, folder: Path) -> Session:
    return console.told.inspect(folder).session


def resource(session: Session, number: int = 1) -> int:
    return find_buffer(session, f"res {number}")[0]


def test_latest_backing_counts(tmp_path: Path) -> None:
    session = seen(Console().ready().detach().attach(1, *PAGES).flush(), tmp_path)
    held, remark = contents(session, resource(session), session.seq)
    assert held.runs == PAGES
    assert held.layout == Layout.named("XR24", 64, 64, 256)
    assert not held.missing and not remark


def test_moments_before(tmp_path: Path) -> None:
    session = seen(Console().ready().flush().detach().unref(), tmp_path)
    rows = session.messages.row.tolist()
    runs = [bool(contents(session, 0, row + 1)[0].runs) for row in rows]
    assert runs == [False] * 2 + [True] * 4 + [False] * 4


def test_blob_is_shown_as_its_scanout_says(tmp_path: Path) -> None:
    session = seen(Console().blob().show_blob(form=67), tmp_path)
    held, _ = contents(session, resource(session), session.seq)
    assert held.runs == ((1 << 20, 16384),)
    assert held.layout == Layout.named("AB24", 64, 64, 256)


@pytest.mark.parametrize("form", [1, 2, 3, 4, 67, 68, 121, 134])
def test_every_format_can_be_shown(form: int, tmp_path: Path) -> None:
    session = seen(Console().create(form=form), tmp_path)
    held, _ = contents(session, resource(session), session.seq)
    assert held.layout and fourcc_name(held.layout.fourcc) in FORMATS


def test_pixels_are_read_run_by_run(tmp_path: Path) -> None:
    console = Console().create(1, 64, 64).attach(1, (0x5000, 100), (0x9000, 16284))
    session = seen(console, tmp_path)
    found = buffer_bytes(session, resource(session), session.seq, console.told.memory)
    memory = console.told.memory
    assert found.read(90, 20) == memory.read(0x5000 + 90, 10) + memory.read(0x9000, 10)
    assert found.size == 16384
    assert sum(len(piece) for piece, _ in found.pieces()) == 16384
    assert len(found.read(16380, 10)) == 4
    with pytest.raises(InspectError, match="there are 4 of 4096"):
        found.page(4)
    picture = buffer_picture(found, picture_layout(session, resource(session), session.seq))
    assert (picture.width, picture.height, picture.absent) == (64, 64, 0)


def test_attached_late_says_what_is_missing(tmp_path: Path) -> None:
    console = Console().ready()
    console.told.come_late()
    session = seen(console.flush(), tmp_path)
    held, remark = contents(session, resource(session), session.seq)
    assert not held.runs and held.layout is None
    assert "RESOURCE_ATTACH_BACKING" in held.missing and "creation" in held.missing
    assert remark == held.missing


def test_attached_late_recovers_what_the_ring_still_shows(tmp_path: Path) -> None:
    console = Console().create(2).attach(2).create().attach(1, *PAGES)
    console.told.come_late()
    session = seen(console.flush(), tmp_path)
    held, remark = contents(session, resource(session), session.seq, console.told.memory)
    assert held.runs == PAGES
    assert held.layout == Layout.named("XR24", 64, 64, 256)
    assert remark == RECOVERED


def test_nothing_is_recovered_from_what_was_overwritten(tmp_path: Path) -> None:
    console = Console().ready()
    for _ in range(32):
        console.flush(3)
    console.told.come_late()
    session = seen(console.flush(), tmp_path)
    with pytest.raises(InspectError, match="res 1: its backing is not known"):
        buffer_bytes(session, resource(session), session.seq, console.told.memory)


def test_entries_that_were_not_kept_are_said(tmp_path: Path) -> None:
    console = Console().create()
    console.do(0x106, pack("<II", 1, 3) + pack("<QII", 0x30000, 4096, 0))
    session = seen(console, tmp_path)
    held, _ = contents(session, resource(session), session.seq)
    assert held.missing == "of 3 entries of its backing only 1 were kept"


@pytest.mark.parametrize(
    ("console", "words"),
    [
        (Console().create(), "it has no backing yet"),
        (Console().ready().detach(), "it has no backing since RESOURCE_DETACH_BACKING"),
        (Console().ready().unref(), "it has no backing since RESOURCE_UNREF"),
        (Console().create(form=99).attach(), "its format 99 is none that the specification has"),
        (Console().blob(), "its size and format are not known: no SET_SCANOUT_BLOB was seen"),
    ],
)
def test_why_there_is_no_picture(console: Console, words: str, tmp_path: Path) -> None:
    session = seen(console, tmp_path)
    assert contents(session, resource(session), session.seq, console.told.memory)[0].missing == words
