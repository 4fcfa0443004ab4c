"""Keys that take something away: copies, captures, reports, pictures."""

import json
from pathlib import Path

from tests.tui.scene import scene
from tests.tui.screen import Driven, Typed
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.tui.widgets.prompt import Prompt


async def _into(it: Driven, path: Path) -> None:
    prompt = it.widget("prompt")
    assert isinstance(prompt, Prompt) and prompt.asking
    prompt.input.value = ""
    await it.press(Typed(str(path)), "enter")
    await it.until(path.exists)
    await it.until(lambda: it.board.errand is None)


def _folder(it: Driven) -> Path:
    path = it.screen.remembered._path.parent.parent
    path.mkdir(exist_ok=True)
    return path


@scene("copy")
async def copying(it: Driven) -> None:
    await it.press("colon", Typed("24"), "enter", "enter", "y")
    assert "field" in it.text and "the message as JSON" in it.text
    await it.press("a")
    assert it.app.clipboard.startswith("cmd = EXPORT")
    await it.press("y", "c")
    event = json.loads(it.app.clipboard)
    assert (event["seq"], event["fields"][0]["path"]) == (24, "cmd")
    await it.press("escape", "y", "b")
    assert bytes.fromhex(it.app.clipboard)[:4] == b"\2\0\0\0"
    target = _folder(it) / "event.json"
    await it.press("y", "d")
    await _into(it, target)
    assert json.loads(target.read_text()) == event


@scene("save")
async def saving(it: Driven) -> None:
    target = _folder(it) / "marked.pcapng"
    await it.press("colon", Typed("28"), "enter", "m", *["backspace"] * 6, Typed("look here"), "enter", "W")
    await _into(it, target)
    again = inspect(str(target))
    assert again.seq == it.board.session.seq and again.notes == {27: "look here"}
    assert len(again.findings) == len(it.board.session.findings)


@scene("export")
async def exporting(it: Driven) -> None:
    folder = _folder(it)
    await it.press("slash", Typed("buffer == 7:2"), "enter", "e", "a")
    await _into(it, folder / "two.pcapng")
    assert len(inspect(str(folder / "two.pcapng")).messages) == 3
    await it.press("e", "c")
    await _into(it, folder / "report.html")
    assert "VL503" in (folder / "report.html").read_text()
    await it.press("e", "d")
    await _into(it, folder / "screen.svg")
    assert "<svg" in (folder / "screen.svg").read_text()


@scene("theme")
async def colours(it: Driven) -> None:
    before = it.app.theme
    seen = {before}
    await it.press("T")
    seen.add(it.app.theme)
    assert it.app.remembered.get("theme") == [it.app.theme]
    await it.press("T")
    seen.add(it.app.theme)
    await it.press("T")
    assert it.app.theme == before and len(seen) == 3
