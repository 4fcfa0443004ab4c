"""Keys that move through time: messages, the points A and B, playing."""

from tests.tui.scene import scene
from tests.tui.screen import Driven, Typed
from vdmabuf_inspect.tui.screens.difference import DifferenceScreen


@scene("message.next", "message.previous")
async def messages(it: Driven) -> None:
    await it.press("g", "J")
    first, second = it.table("messages").rows.row_seq(0), it.table("messages").rows.row_seq(1)
    assert (it.seq, second > first) == (second, True)
    await it.press("K")
    assert it.seq == first
    await it.press("K")
    assert it.seq == first and "the first message" in it.text


@scene("point.a", "point.b", "difference")
async def points(it: Driven) -> None:
    await it.press("colon", Typed("20"), "enter", "A", "colon", Typed("28"), "enter", "B", "g", "D")
    assert isinstance(it.app.screen, DifferenceScreen)
    text = it.text
    assert "from A (after event 20) to B (after event 28)" in text
    assert "VL503" in text and "released" in text and "vdmabuf0/recv used idx" in text
    changes = it.table("changes")
    rows = [changes.rows.row(i) for i in range(changes.count)]
    (released,) = [row for row in rows if row["subject"] == "7:1"]
    assert (released["before"], released["after"], released["seq"]) == ("exported", "released", 26)
    changes.point(rows.index(released))
    await it.press("enter")
    assert it.seq == 26
    await it.press("colon", Typed("1"), "enter", "A", "D")
    assert "vdmabuf0/send driver asks for" in it.text and "interrupts always" in it.text
    assert "enter goes there" in it.text, "it fits below too"
    await it.press("escape", "colon", Typed("26"), "enter", "D", "escape")
    assert it.seq == 26 and it.focused == "messages"


@scene("play")
async def playing(it: Driven) -> None:
    await it.press("g")
    first = it.seq
    it.app.simulate_key("P")
    await it.until(lambda: it.seq > first)
    await it.until(lambda: it.seq == it.board.cursor.end, 10)
    it.app.simulate_key("g")
    await it.until(lambda: it.seq == first)
    for key in ("P", "P", "P", "P", "k"):
        it.app.simulate_key(key)
    told = ["playing x4", "playing x16", "playing /4"]
    await it.until(lambda: [one.message.split(":")[0] for one in it.app._notifications][-3:] == told)
    await it.until(lambda: it.screen._player is None)
    stopped = it.seq
    await it.pilot.pause(0.2)
    assert it.seq == stopped, "any other key stops it"
