"""The help: every key, made from the bindings themselves, and what the signs mean."""

from collections.abc import Iterable
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.widgets.bars import key_name
from vdmabuf_inspect.tui.widgets.hex_view import HexView
from vdmabuf_inspect.tui.widgets.lanes import LaneTable
from vdmabuf_inspect.tui.widgets.prompt import Prompt
from vdmabuf_inspect.tui.widgets.ring_view import RingView
from vdmabuf_inspect.tui.widgets.row_table import RowTable

SIGNS = (
    ("✖ ▲ i", "error, warning, note"),
    ("→ ←", "to the device, to the driver"),
    ("◌ ● ◐ ○", "a buffer is exporting, exported, withdrawn, released"),
    ("▼ ◆ ┈", "on the timeline: the cursor, a mark, nothing heard"),
    ("█ ░ ·", "a queue's ring: out (available or in flight), returned, not known"),
    ("[12 34]", "the bytes of the chosen field"),
)


_PANES = (("In the lanes", LaneTable), ("In lists", RowTable), ("In the bytes", HexView), ("In a ring", RingView))
SUBJECTS = (
    ("What is shown", "stage control buffer.page rules memory live hex compare time columns"),
    ("Through time", "goto step message finding buffer mark.next follow pause play point difference"),
    ("Finding things", "filter narrow only hide search mark silence"),
    ("Out of it", "copy export save"),
    ("Panes", "pane back zoom panes arrangement"),
    ("The program", "palette theme help quit"),
)
"""What the keys that work everywhere are about: beginnings of their ids, in the order of the help."""
_KEYS = 16
"""Cells of the keys' names."""


def groups() -> list[tuple[str, list[BindingType]]]:
    """Every binding, grouped by what it is about, or by where it works."""
    found: dict[str, list[BindingType]] = {title: [] for title, _ in SUBJECTS}
    for binding in KEYS:
        found[_subject(binding)].append(binding)
    return [
        *found.items(),
        ("In the lanes", LaneTable.BINDINGS),
        ("In lists", RowTable.BINDINGS),
        ("In the bytes", HexView.BINDINGS),
        ("In a ring", RingView.BINDINGS),
        ("While typing", Prompt.BINDINGS),
    ]


def _subject(binding: BindingType) -> str:
    """The title with the longest beginning of the binding's id."""
    assert isinstance(binding, Binding) and binding.id
    id = binding.id
    fits = [
        (len(start), title)
        for title, starts in SUBJECTS
        for start in starts.split()
        if f"{id}.".startswith(f"{start}.")
    ]
    return max(fits)[1]


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

    def _page(self) -> Table:
        page = Table.grid(padding=(0, 1), expand=True)
        page.add_column(no_wrap=True, min_width=_KEYS)
        page.add_column(ratio=1)
        for title, bindings in self._groups:
            self._group(page, title, key_lines(bindings))
        self._group(page, "Signs", list(SIGNS))
        return page

    def _group(self, page: Table, title: str, lines: list[tuple[str, str]]) -> None:
        page.add_row(Text(title, self.get_component_rich_style("help--group", partial=True)))
        for keys, what in lines:
            page.add_row(Text(f"  {keys}", self.get_component_rich_style("help--key", partial=True)), Text(what))
        page.add_row()
