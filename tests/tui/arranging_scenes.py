"""Keys that arrange the screen: sizes, hidden panes, columns; what bytes were, memory at an address."""

from tests.tui.scene import scene
from tests.tui.screen import Driven
from vdmabuf_inspect.tui.screens.chooser import Chooser


@scene("pane.wider", "pane.narrower")
async def wider(it: Driven) -> None:
    await it.press("tab")
    before = it.widget("fields").size.width
    await it.press("greater_than_sign")
    assert it.widget("fields").size.width == before + 8
    await it.press("less_than_sign", "less_than_sign")
    assert it.widget("fields").size.width == before - 8
    assert it.screen.remembered.get("screen") == ["size hex 1"]
    await it.press("escape", "greater_than_sign")
    assert "this pane does not get another width here" in it.text


@scene("pane.higher", "pane.lower")
async def higher(it: Driven) -> None:
    before = it.widget("messages").size.height
    await it.press("plus", "plus")
    larger = it.widget("messages").size.height
    assert larger > before
    await it.press("minus", "minus", "minus", "minus")
    assert it.widget("messages").size.height < before
    await it.press("tab", "tab", "tab", "plus")
    assert it.focused == "buffers"
    assert it.screen.arrangement.steps["side"] == 1


@scene("pane.hide", "arrangement.reset")
async def hiding(it: Driven) -> None:
    await it.press("X")
    assert "what stands in the middle is not hidden" in it.text
    await it.press("tab", "tab", "tab", "X")
    assert not it.widget("buffers").display or not it.widget("buffers").size.height
    assert it.focused == "messages"
    assert "buffers 7 live" not in it.text
    await it.press("shift+tab")
    assert it.focused == "queues"
    await it.press("X", "0")
    assert "buffers 7 live" in it.text
    assert it.screen.remembered.get("screen") == []


@scene("panes")
async def choosing_panes(it: Driven) -> None:
    await it.press("w")
    assert isinstance(it.app.screen, Chooser)
    await it.press("j", "space", "escape")
    assert it.screen.arrangement.hidden == ["queues"]
    assert "avail idx" not in it.text
    await it.press("shift+tab")
    assert it.focused == "findings", "a hidden pane is passed over"


@scene("columns")
async def choosing_columns(it: Driven) -> None:
    assert "took" in it.text
    await it.press("c")
    assert isinstance(it.app.screen, Chooser)
    await it.press("g", "space", "j", "J", "escape")
    assert it.table("messages")._fit[0][0].name == "queue"
    assert it.screen.arrangement.columns[:2] == ["queue", "time_ns"]
    await it.press("c", "r", "escape")
    assert it.screen.arrangement.columns == []
    assert it.table("messages")._fit[0][0].name == "seq"


@scene("compare")
async def comparing(it: Driven) -> None:
    await it.press("equals_sign")
    assert "the chain has not come back since #33" in it.text
    await it.press("colon", *"26", "enter")
    assert "bytes written since #" in it.text
    assert "was   00" in it.text
    await it.press("equals_sign")
    assert "was   00" not in it.text


@scene("memory")
async def no_memory(it: Driven) -> None:
    await it.press("tab", "M")
    assert "no address here" in it.text
    await it.press("G", "M")
    assert "no guest memory at hand" in it.text
