"""A plugin saved in an editor decodes what is on the screen; the cursor, the filter and the old version stay."""

from pathlib import Path
from textwrap import dedent

from tests.tui.screen import Driven
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.testing import Exchange
from vdmabuf_inspect.tui.app import InspectApp

PLUGIN = """
    from construct import Int32ul, Struct
    from vdmabuf_inspect import api

    say = api.Command("{command}", 1, Struct("code" / Int32ul, "{field}" / Int32ul))
    ask = api.Command("ASK", 2, Struct("code" / Int32ul, "n" / Int32ul))
    api.protocol(api.Protocol("talk", "", (60,), (api.QueueKind("q", (say, ask), code=api.Place()),)))
"""


async def test_saved_while_it_is_looked_at(tmp_path: Path) -> None:
    told = Exchange(60, "talk0")
    for number in range(20):
        told.both((1 + number % 2).to_bytes(4, "little") + number.to_bytes(4, "little"))
    plugin = tmp_path / "talk.py"
    plugin.write_text(dedent(PLUGIN.format(command="SAY", field="n")))
    door = Door([str(plugin)], user=False)
    assert not door.open()
    inspection = Inspection(str(told.capture(tmp_path / "talk.pcapng")))
    app = InspectApp(inspection, door)
    try:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            it = Driven(app, pilot)
            await it.loaded()
            it.board.set_filter("cmd == SAY")
            it.screen.changed()
            await it.press("g", "j", "j")
            seq, shown = it.seq, len(it.table("messages").rows)
            assert "SAY" in it.text and shown == 10

            await _saved(it, plugin, "def broken(:", "invalid syntax")
            assert "the old version stays" in it.text
            assert "SAY" in it.text

            it.board.set_filter("")
            await _saved(it, plugin, dedent(PLUGIN.format(command="SHOUT", field="loudness")), "decoding again")
            await it.until(lambda: "SHOUT" in it.text)
            assert "loudness" in it.text
            assert it.seq == seq, "the cursor stays where it was"
    finally:
        inspection.stop()
        door.close()


async def _saved(it: Driven, plugin: Path, text: str, told: str) -> None:
    await it.until(lambda: it.app._reloader is not None)
    plugin.write_text(text)
    await it.until(lambda: told in it.text)
