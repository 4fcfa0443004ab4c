"""From a descriptor to guest memory, and on from pointer to pointer."""

from pathlib import Path

from tests.stories import Story
from tests.tui.screen import opened
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions
from vdmabuf_inspect.tui.screens.memory import PAGE, MemoryScreen


async def test_follow_an_address(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    head = story.export(1, back=False)
    address = story.slot(1, head)
    story.guest.write(0x80000 + 4096, (0x81238).to_bytes(8, "little"))
    memory = tmp_path / "guest.ram"
    memory.write_bytes(bytes(story.guest.ram))
    queues = tuple(
        QueueOption(lay.name, lay.desc, lay.avail, lay.used, lay.size) for lay in (r.layout for r in story.rings)
    )
    async with opened(f"raw:{memory}@0", options=SourceOptions(queues, device="vdmabuf")) as it:
        await it.press("tab", "G", "M")
        screen = it.app.screen
        assert isinstance(screen, MemoryScreen)
        assert f"memory at {address:#x}" in it.text
        assert f"{address & -PAGE:012x}" in it.text or f"{address & -16:012x}" in it.text
        assert screen.view.data[address % PAGE :][:4] == bytes([2, 0, 0, 0]), "the export's command"
        await it.press("n")
        assert screen.address == (address & -PAGE) + PAGE
        await it.press("escape")
        fields = it.table("fields")
        fields.point(next(i for i in range(fields.count) if fields.rows.row(i)["path"] == "reference"))
        await it.press("M")
        screen = it.app.screen
        assert isinstance(screen, MemoryScreen)
        assert screen.address == 0x81000
        await it.press("enter")
        assert screen.address == 0x81238
        await it.press("backspace")
        assert screen.address == 0x81000
        await it.press(*["N"] * 2)
        assert screen.address == 0x7F000
        screen.address = 0xFFFF_FFFF_FFFF
        screen.action_look()
        await it.pilot.pause()
        assert "not in guest memory" in it.text


async def test_the_descriptor_stays_chosen_from_event_to_event(story: Path) -> None:
    async with opened(story) as it:
        await it.press("tab", "G")
        fields = it.table("fields")
        first = fields.rows.row(fields.cursor)["name"]
        assert first.strip().startswith("descriptor")
        await it.press("K", "K")
        second = fields.rows.row(fields.cursor)["name"]
        assert second.strip().startswith("descriptor")
        assert second != first
        assert "a buffer of the chain" in it.text
