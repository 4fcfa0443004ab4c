"""A snapshot on the screen: guest memory with two rings in it, nothing seen happening."""

from pathlib import Path

from tests.stories import Story
from tests.tui.screen import opened
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions


async def test_memory_alone_shows_its_rings(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1)
    story.export(2, back=False)
    memory = tmp_path / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    layouts = [ring.layout for ring in story.rings]
    queues = tuple(QueueOption(lay.name, lay.desc, lay.avail, lay.used, lay.size) for lay in layouts)
    async with opened(f"raw:{memory}@0", options=SourceOptions(queues, device="vdmabuf")) as it:
        assert "◆ snapshot" in it.text
        assert it.table("queues").count == 2
        assert "1/16" in it.text, "the export that the device has not returned"
        await it.press("g", "full_stop", "comma", "tab", "tab", "G", "left_curly_bracket", "escape")
        assert it.table("messages").count > 0
        assert "EXPORT" in it.text


async def test_memory_alone_shows_rings_that_nobody_told_of(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1)
    memory = tmp_path / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    async with opened(f"raw:{memory}@0") as it:
        assert it.table("queues").count == 2
        assert "send" in it.text and "recv" in it.text
        await it.press("tab", "tab", "G")
        assert "EXPORT" in it.text
