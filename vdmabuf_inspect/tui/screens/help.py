"""The help: every key, made from the bindings themselves, and what the signs mean."""

from collections.abc import Iterable
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.widgets.bars import key_name
from vdmabuf_inspect.tui.widgets.hex_view import HexView
from vdmabuf_inspect.tui.widgets.prompt import Prompt
from vdmabuf_inspect.tui.widgets.ring_view import RingView
from vdmabuf_inspect.tui.widgets.row_table import RowTable

SIGNS = (
    ("✖ ▲ i", "error, warning, note"),
    ("→ ←", "to the device, to the driver"),
    ("◌ ● ◐ ○", "a buffer is exporting, exported, withdrawn, released"),
    ("█ ░ ·", "ring: in flight, free, not known"),
    ("[12 34]", "the bytes of the chosen field"),
)


_PANES = (("In lists", RowTable), ("In the bytes", HexView))


def groups() -> list[tuple[str, list[BindingType]]]:
    """Every binding, grouped by where it works."""
    return [
        ("Everywhere", KEYS),
        ("In lists", RowTable.BINDINGS),
        ("In the bytes", HexView.BINDINGS),
        ("In a ring", RingView.BINDINGS),
        ("While typing", Prompt.BINDINGS),
    ]


def key_lines(bindings: Iterable[BindingType]) -> list[tuple[str, str]]:
    """(keys, what they do) of each binding."""
    found = [b for b in bindings if isinstance(b, Binding)]
    return [(" ".join(key_name(k.strip()) for k in b.key.split(",")), b.tooltip or b.description) for b in found]


def groups_of(screen: Screen[Any]) -> list[tuple[str, list[BindingType]]]:
    """Every binding that works on a screen other than the workbench, as its focus is."""
    here = [(title, list(of.BINDINGS)) for title, of in _PANES if isinstance(screen.focused, of)]
    return [("Here", list(screen.BINDINGS)), *here]


class Help(ModalScreen[None]):
    """The keys, over another screen: those of the workbench, unless others are given."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"help--key", "help--group"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close"),
        Binding("j", "app.simulate('down')", "Down", show=False, id="help.down"),
        Binding("k", "app.simulate('up')", "Up", show=False, id="help.up"),
    ]

    def __init__(self, found: list[tuple[str, list[BindingType]]] | None = None) -> None:
        super().__init__()
        self._groups = found if found is not None else groups()

    def compose(self) -> ComposeResult:
        """One scrolling page."""
        with VerticalScroll(id="help") as page:
            page.border_title = "keys"
            page.border_subtitle = "esc closes"
            yield Static(id="help-text", markup=False)

    def on_mount(self) -> None:
        """Write the page, now that there are colours."""
        self.query_one("#help-text", Static).update(self._page())
        self.query_one("#help").focus()

    def action_dismiss(self, result: None = None) -> None:  # type: ignore[override]
        """Close."""
        self.dismiss(result)

    def _page(self) -> Text:
        page = Text()
        for title, bindings in self._groups:
            self._group(page, title, key_lines(bindings))
        self._group(page, "Signs", list(SIGNS))
        return page

    def _group(self, page: Text, title: str, lines: list[tuple[str, str]]) -> None:
        page.append(f"{title}\n", self.get_component_rich_style("help--group", partial=True))
        for keys, what in lines:
            page.append(f"  {keys:<18}", self.get_component_rich_style("help--key", partial=True))
            page.append(f"{what}\n")
        page.append("\n")
