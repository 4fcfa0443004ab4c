"""What a virtio-gpu resource holds in guest memory, as the log or the rings tell it."""

from pathlib import Path
from struct import pack, pack_into

import pytest

from tests.plugins.test_gpu import Console, header
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.picture import FORMATS, Layout, fourcc_name
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.testing import SIZE
from vdmabuf_inspect.views.buffer_bytes import buffer_bytes, buffer_picture, picture_layout
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.contents import RECOVERED, contents
from vdmabuf_inspect.views.filter.expression import compile_filter
from vdmabuf_inspect.views.life import life
from vdmabuf_inspect.views.namesakes import find_buffer

PAGES = ((0x30000, 4096), (0x20000, 8192), (0x40000, 4096))


INDIRECT = 1 << 28
CREATE = header(0x101) + pack("<IIII", 1, 2, 64, 64)
ATTACH = header(0x106) + pack("<II", 1, 2) + pack("<QIIQII", 0x30000, 4096, 0, 0x40000, 8192, 0)
TABLE = 0x30000


def indirect(console: Console, request: bytes) -> None:
    """A request whose descriptors stand in a table of their own."""
    queue = console.told._queues[0]
    table, bytes_at = TABLE + 0x1000 * queue.head, TABLE + 0x1000 * queue.head + 0x100
    queue.ram[bytes_at : bytes_at + len(request)] = request
    pack_into("<QIHHQIHH", queue.ram, table, bytes_at, len(request), 1, 1, bytes_at + 0x400, 24, 2, 0)
    head = queue.offer(b"", 24)
    pack_into("<QIHH", queue.ram, queue.layout.desc + 16 * head, table, 32, 4, 0)
    console.told._look()
    console.told.tell(head, header(0x1100))


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


def test_attached_late_recovers_a_table_that_no_entry_names(tmp_path: Path) -> None:
    console = Console(features=INDIRECT)
    for each in (CREATE, ATTACH):
        indirect(console, each)
    for _ in range(2 * SIZE):  # the ring goes round, and its entries with it
        console.told._queues[0].head = 6
        console.flush(3)
    console.told.come_late()
    session = seen(console.flush(), tmp_path)
    held, remark = contents(session, resource(session), session.seq, console.told.memory)
    assert held.runs == ((0x30000, 4096), (0x40000, 8192))
    assert held.layout == Layout.named("XR24", 64, 64, 256)
    assert remark == RECOVERED


def test_pages_and_bytes_are_listed_and_filtered(tmp_path: Path) -> None:
    session = seen(Console().ready().create(2), tmp_path)
    rows = {row["buffer"]: row for row in BuffersView(session).rows(0, 2)}
    assert (rows["res 1"]["pages"], rows["res 1"]["bytes"]) == (4, 16384)
    assert (rows["res 2"]["pages"], rows["res 2"]["bytes"]) == (None, None)
    assert compile_filter("pages == 4 && bytes >= 16K", "buffers").select(session, 2).tolist() == [0]
    session = seen(Console().create(1, 64, 64).attach(1, (0x5800, 4096), (0x9000, 100)), tmp_path)
    row = BuffersView(session).row(0)
    assert (row["pages"], row["bytes"]) == (3, 4196)


def test_the_page_says_where_it_is_and_who_else_is_there(tmp_path: Path) -> None:
    console = Console().ready().create(2).attach(2, (0x20000, 4096))
    session = seen(console, tmp_path)
    held = console.told.memory
    found = life(session, 0, None, held).pages
    assert found is not None and found.seq == 5
    assert [(row.run.gpa, row.run.pages, row.run.presence.name) for row in found.rows] == [(1 << 20, 4, "OUTSIDE")]
    session = seen(Console().create().attach(1, (0x20000, 16384)).create(2).attach(2, (0x20000, 4096)), tmp_path)
    found = life(session, 0, None, held).pages
    assert found is not None
    assert [(row.first, row.run.pages, row.shared) for row in found.rows] == [(0, 1, ("res 2",)), (1, 3, ())]


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
