"""Keys that find things: search, marks, filters from the row, filters with names, rules, silence."""

from tests.tui.scene import scene
from tests.tui.screen import Driven, Typed
from vdmabuf_inspect.tui.screens.broken import Broken
from vdmabuf_inspect.tui.screens.menu import Menu


@scene("search", "search.next", "search.previous")
async def searching(it: Driven) -> None:
    await it.press("g", "s", Typed("0x86000"), "enter")
    await it.until(lambda: it.seq == 24)
    await it.press("s", *["backspace"] * 7, Typed("58 52 32 34"), "enter")
    await it.until(lambda: it.board.errand is None)
    assert it.seq < 24 and "from the start again" in it.text, "no picture after this one"
    await it.press("N")
    await it.until(lambda: it.seq == 24)
    await it.press("N")
    await it.until(lambda: it.seq == 22)
    await it.press("n")
    await it.until(lambda: it.seq == 24)
    await it.press("s", *["backspace"] * 11, Typed("nobody wrote this"), "enter")
    await it.until(lambda: "nobody wrote this: nowhere in this recording" in it.text)
    assert it.seq == 24
    await it.press("s", *["backspace"] * 17, Typed("58 52 32 34"), "enter")
    await it.until(lambda: it.board.errand is None)
    await it.press("g", "s", *["backspace"] * 11, Typed("hello"), "enter")
    await it.until(lambda: it.seq == 31)


@scene("mark", "mark.next", "mark.list")
async def marking(it: Driven) -> None:
    await it.press("quotation_mark")
    assert "nothing is marked" in it.text
    await it.press("colon", Typed("28"), "enter", "m", *["backspace"] * 6, Typed("released twice"), "enter")
    assert it.board.marks() == {28: "released twice"}
    fields = it.table("fields")
    rows = [fields.rows.row(i) for i in range(fields.count)]
    assert [row["text"] for row in rows if row["name"].strip() == "note"] == ["released twice"]
    await it.press("g", "m", "enter", "quotation_mark")
    assert it.seq == 28
    await it.press("apostrophe")
    assert isinstance(it.app.screen, Menu) and "released twice" in it.text
    await it.press("enter")
    assert it.seq == 1 or it.seq == min(it.board.marks())
    await it.press("quotation_mark", "m", *["backspace"] * 14, "enter")
    assert 28 not in it.board.marks()


@scene("only.buffer", "only.chain", "hide.command", "narrow")
async def narrowing(it: Driven) -> None:
    await it.press("colon", Typed("28"), "enter", "b")
    assert it.table("messages").count == 3 and "buffer == 7:2" in it.text
    await it.press("H")
    assert it.table("messages").count == 1, "its export is left"
    await it.press("H", "b")
    assert it.board.selection is None
    await it.press("C")
    assert it.table("messages").count == 1 and it.board.selection is not None
    await it.press("C", "colon", Typed("24"), "enter", "f", "enter")
    assert it.table("messages").count == 1
    await it.press("exclamation_mark", "enter", "f")
    assert "cmd == EXPORT" in it.text
    await it.press("escape")


@scene("filter.named")
async def naming(it: Driven) -> None:
    await it.press("L")
    assert "no filter has a name yet" in it.text
    await it.press("slash", Typed("cmd == EXPORT"), "enter", "L", "enter", Typed("exports"), "enter")
    await it.press("slash", *["backspace"] * 13, "enter")
    assert it.table("messages").count == 14
    await it.press("L")
    assert "exports" in it.text and "forget exports" in it.text
    await it.press("a")
    assert it.table("messages").count == 9
    assert it.screen.remembered.get("named filters") == ["exports = cmd == EXPORT"]
    await it.press("L", "c")
    assert it.screen.remembered.get("named filters") == []


@scene("rules")
async def rules(it: Driven) -> None:
    await it.press("r")
    assert isinstance(it.app.screen, Broken)
    text = it.text
    assert "12 findings by rule" in text and "What it does" in text and "Why it is bad" in text
    groups = it.table("groups")
    assert groups.rows.row(0)["ink"] == "error"
    await it.press("o")
    assert "findings by culprit" in it.text and "driver" in it.text
    await it.press("o", "g")
    while it.app.screen.group.name != "VL503":
        await it.press("j")
    await it.press("enter", "enter")
    assert it.seq == 28


@scene("silence")
async def silence(it: Driven) -> None:
    assert it.table("findings").count == 12
    it.table("findings").focus()
    it.table("findings").point(0)
    rule = it.table("findings").rows.row(0)["rule"]
    await it.press("S")
    assert f"a  silence {rule}" in it.text, "the finding under the cursor, wherever time stands"
    await it.press("escape", "escape", "S")
    assert "silence VL505" in it.text and "silence 7:9" in it.text
    await it.press("b")
    assert it.table("findings").count < 12
    assert "silenced" in it.text.splitlines()[0]
    assert not any("VL505" in it.table("messages").rows.row(i)["findings"] for i in range(14))
    await it.press("left_curly_bracket")
    assert it.seq != 22, "nobody jumps to what is not heard"
    await it.press("r", "S")
    fewer = len(it.app.screen.groups)
    await it.press("u")
    assert len(it.app.screen.groups) == fewer + 1
    await it.press("u", "escape")
    assert it.table("findings").count == 12
