"""The key that opens a buffer's page."""

from tests.tui.scene import scene
from tests.tui.screen import Driven, Typed
from vdmabuf_inspect.tui.screens.buffer import BufferScreen


@scene("buffer.page")
async def page_of_a_buffer(it: Driven) -> None:
    await it.press("colon", Typed("7:2"), "enter", "o")
    assert isinstance(it.app.screen, BufferScreen)
    assert "buffer 7:2" in it.text and "EXPORT" in it.text
    assert "esc Back" in it.text.splitlines()[-1] and "? Keys" in it.text.splitlines()[-1]
    await it.press("o")
    assert not isinstance(it.app.screen, BufferScreen)
