"""Guest memory at an address, over what is there."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.tui.field_rows import Lit
from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.widgets.hex_view import HexView

PAGE = 4096
_POINTER = 8
_LAST = 1 << 64


class MemoryScreen(ModalScreen[None]):
    """One page at a time. `memory` is asked for at every look: it may come, change and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,M", "dismiss", "Close", id="memory.close"),
        Binding("n", "turn(1)", "Next page", id="memory.next"),
        Binding("N", "turn(-1)", "Page before", id="memory.previous"),
        Binding("enter", "follow", "Follow", id="memory.follow", tooltip="go to the address that is under the cursor"),
        Binding("backspace", "back", "Back", id="memory.back"),
        Binding("R", "look", "Read again", id="memory.look"),
        HELP,
    ]

    def __init__(self, memory: Callable[[], Memory | None], address: int) -> None:
        super().__init__()
        self._memory = memory
        self.address = address
        self._behind: list[int] = []
        self.view = HexView(id="memory")

    def compose(self) -> ComposeResult:
        """The bytes alone."""
        yield self.view

    def on_mount(self) -> None:
        """Read the page."""
        self.view.border_subtitle = " enter follows 8 bytes · backspace back · n N pages · R read again · esc "
        self.action_look()
        self.view.focus()

    def action_look(self) -> None:
        """Read the page again."""
        begin = self.address & -PAGE
        memory = self._memory()
        data = memory.read_some(begin, PAGE) if memory is not None else b""
        self.view.at = self.address - begin
        self.view.show(data, Lit(self.address - begin, 1), base=begin)
        told = "" if data else " · not in guest memory" if memory is not None else " · no guest memory at hand now"
        self.view.border_title = Content(f" memory at {self.address:#x}{told} ")

    def action_turn(self, step: int) -> None:
        """The next page, or the one before."""
        self._go((self.address & -PAGE) + step * PAGE)

    def action_follow(self) -> None:
        """Take the 8 bytes under the cursor as an address (little-endian)."""
        at = self.view.at & -_POINTER
        word = self.view.data[at : at + _POINTER]
        if len(word) == _POINTER:
            self._behind.append((self.address & -PAGE) + self.view.at)
            self._go(int.from_bytes(word, "little"))

    def action_back(self) -> None:
        """Where it was followed from."""
        if self._behind:
            self._go(self._behind.pop())

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss(result)

    def on_hex_view_moved(self, event: HexView.Moved) -> None:
        """The address under the cursor."""
        event.stop()
        self.view.border_title = Content(f" memory at {self.view.base + event.offset:#x} ")

    def _go(self, address: int) -> None:
        self.address = max(0, min(address, _LAST - 1))
        self.action_look()
