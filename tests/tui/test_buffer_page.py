"""The page of one buffer: from a capture what was recorded of its pages, live and from memory what is in them."""

import asyncio
from pathlib import Path

import pytest

from tests.plugins.test_gpu import Console
from tests.rules.stories_pages import begun, export, pages_of, put_table
from tests.stories.read_back import write_capture
from tests.tui.screen import SIZES, opened
from tests.tui.test_live import watching
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.reference.picture import Format, paint
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.tui.screens.buffer import BufferScreen
from vdmabuf_inspect.tui.widgets.picture_view import PictureView

FORM = Format.of(32, 24)


@pytest.mark.parametrize("size", SIZES)
async def test_from_a_capture(tmp_path: Path, size: str) -> None:
    story = begun()
    export(story, 1, pages_of(1))
    export(story, 2, [*pages_of(2), pages_of(1)[2]])
    path = write_capture(tmp_path / "pages.pcapng", story.guest.records, story.guest.names)
    async with opened(path, SIZES[size]) as it:
        it.table("buffers").focus()
        await it.press("G", "o")
        assert isinstance(it.app.screen, BufferScreen)
        assert "buffer 7:2 exported" in it.text and "0x90000" in it.text
        rows = it.table("page-map").rows
        assert [(r["page"], r["pages"], r["shared"]) for r in map(rows.row, range(len(rows)))] == [
            (0, 2, []), (2, 1, []), (3, 1, ["7:1"]),
        ]  # fmt: skip
        assert "no guest memory" in it.text
        await it.press("j", "enter", "escape")
        assert not isinstance(it.app.screen, BufferScreen)


async def test_from_memory(tmp_path: Path) -> None:
    story = begun()
    story.export(1, pages=3, reference=put_table(story, 1, pages_of(1)), private=FORM.pack())
    story.guest.write(pages_of(1)[0], paint(FORM, 5))
    memory = tmp_path / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    layouts = [ring.layout for ring in story.rings]
    queues = tuple(QueueOption(lay.name, lay.desc, lay.avail, lay.used, lay.size) for lay in layouts)
    async with opened(f"raw:{memory}@0", options=SourceOptions(queues, device="vdmabuf", dialect="spec")) as it:
        it.table("buffers").focus()
        await it.press("g", "o")
        await it.until(lambda: "▀▀▀▀" in it.text)
        page = it.app.screen.query_one("#page-picture", PictureView)
        assert page.border_title is not None and "32 × 24" in page.border_title
        assert "88000" in it.text, "the first page's address beside its bytes"


async def test_a_resource_of_a_recording_with_a_dump_beside_it(tmp_path: Path) -> None:
    console = Console().create(1, FORM.width, FORM.height).attach(1, (0x30000, 4096)).flush(1)
    pixels = paint(FORM, 5)
    console.told._ram[0x30000 : 0x30000 + len(pixels)] = pixels
    dump = tmp_path / "guest.ram"
    dump.write_bytes(console.told._ram)
    door = Door(user=False)
    door.open()
    path = console.told.capture(tmp_path / "gpu.pcapng")
    async with opened(path, options=SourceOptions(memory=f"raw:{dump}@0")) as it:
        it.table("buffers").focus()
        await it.press("g", "o")
        await it.until(lambda: "▀▀▀▀" in it.text)
        rows = it.table("page-map").rows
        assert [(r["address"], r["pages"], r["presence"]) for r in map(rows.row, range(len(rows)))] == [
            ("0x30000", 1, "there")
        ]
    door.close()


async def test_live_it_moves_and_can_be_held(tmp_path: Path) -> None:
    async with watching(tmp_path) as (it, _):
        await it.until(lambda: it.table("buffers").count > 3)
        it.table("buffers").focus()
        await it.tap("g", "o")
        await it.until(lambda: isinstance(it.app.screen, BufferScreen))
        await it.tap("F")
        await it.until(lambda: "▀▀▀▀" in it.text)
        screen = it.app.screen
        assert isinstance(screen, BufferScreen)
        number = screen.number
        await it.until(lambda: screen.number > number)
        await it.tap("p")
        await it.until(lambda: screen.paused)
        held = screen.number
        await asyncio.sleep(0.6)
        assert screen.number == held
        await it.tap("escape")
        await it.until(lambda: not isinstance(it.app.screen, BufferScreen))
