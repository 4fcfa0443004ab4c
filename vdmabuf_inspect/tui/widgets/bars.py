"""The two lines at the edge of the screen: status on top, the keys that work now at the bottom."""

from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual import events
from textual.screen import Screen

from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.status import fit_pieces, pieces
from vdmabuf_inspect.tui.theme import ink_styles
from vdmabuf_inspect.tui.widgets.still import Still

_ALWAYS = ("help", "app.help", "quit")
_NAMES = {
    "slash": "/", "question_mark": "?", "full_stop": ".", "comma": ",", "backslash": "\\", "colon": ":", "tab": "tab",
    "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
    "exclamation_mark": "!", "quotation_mark": '"', "apostrophe": "'",
    "escape": "esc", "pagedown": "PgDn", "pageup": "PgUp", "down": "↓", "up": "↑",
    "equals_sign": "=", "greater_than_sign": ">", "less_than_sign": "<", "plus": "+", "minus": "-",
    "left_parenthesis": "(", "right_parenthesis": ")", "left": "←", "right": "→", "home": "Home", "end": "End",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as people write it."""
    if key.startswith("upper_"):
        return key.removeprefix("upper_").upper()
    return _NAMES.get(key, key)


class StatusBar(Still):
    """What is looked at, where, and how bad it is."""

    def __init__(self, board: Board) -> None:
        super().__init__(id="status")
        self.board = board

    def render(self) -> Text:
        """One line; the least important parts go where room is short."""
        inks = ink_styles(self.app)
        line = Text(no_wrap=True, overflow="ellipsis")
        for i, piece in enumerate(fit_pieces(pieces(self.board), self.size.width - 2)):
            line.append("  " if i else " ")
            line.append(piece.text, inks[piece.ink])
        return line


class KeyBar(Still):
    """The keys that work now; what does not fit is behind `?`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--text"}

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._shown: list[ShownKey] = []

    def on_mount(self) -> None:
        """Keys change with the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        x = event.x
        for shown in self._shown:
            if x < shown.width:
                self.app.simulate_key(shown.press)
                return
            x -= shown.width

    def render(self) -> Text:
        """Keys and what they do."""
        self._shown = _fit_keys(_keys(self.screen), self.size.width)
        line = Text(no_wrap=True)
        for shown in self._shown:
            line.append(f" {shown.key}", self.get_component_rich_style("keys--key", partial=True))
            line.append(f" {shown.what} ", self.get_component_rich_style("keys--text", partial=True))
        return line


class ShownKey(NamedTuple):
    """A key of the key bar: how it is written, what it does, what to press for it."""

    key: str
    what: str
    press: str
    always: bool

    @property
    def width(self) -> int:
        """Cells."""
        return len(self.key) + len(self.what) + 3


def _keys(screen: Screen[Any]) -> list[ShownKey]:
    found: dict[str, ShownKey] = {}
    for press, active in screen.active_bindings.items():
        binding = active.binding
        if binding.show and active.enabled and binding.action not in found:
            name = binding.key_display or key_name(binding.key)
            found[binding.action] = ShownKey(name, binding.description, press, binding.action in _ALWAYS)
    return list(found.values())


def _fit_keys(keys: list[ShownKey], width: int) -> list[ShownKey]:
    last = [key for key in keys if key.always]
    room = width - sum(key.width for key in last)
    kept = []
    for key in keys:
        if key.always:
            continue
        room -= key.width
        if room < 0:
            break
        kept.append(key)
    return kept + last
