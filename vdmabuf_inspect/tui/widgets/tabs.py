"""On a narrow screen only one pane stands below the messages; this line says which, and which others there are."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.message import Message

from vdmabuf_inspect.tui.widgets.still import Still


class Tabs(Still):
    """Names in a row, one of them chosen. Shown on narrow screens only."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--chosen", "tabs--other"}

    class Picked(Message):
        """The user clicked on a name."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(id="tabs")
        self.names = names
        self.chosen = names[0]

    def offer(self, name: str) -> None:
        """One name more, if it is not there yet."""
        if name not in self.names:
            self.names = (*self.names, name)
            self.refresh()

    def choose(self, name: str) -> None:
        """Mark another name."""
        self.chosen = name
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Pick the name under the mouse."""
        x = event.x
        for name in self.names:
            if x < len(_label(name, name == self.chosen)):
                self.post_message(self.Picked(name))
                return
            x -= len(_label(name, name == self.chosen))

    def render(self) -> Text:
        """The names."""
        line = Text(no_wrap=True)
        for name in self.names:
            style = "tabs--chosen" if name == self.chosen else "tabs--other"
            line.append(_label(name, name == self.chosen), self.get_component_rich_style(style, partial=True))
        return line


def _label(name: str, chosen: bool) -> str:
    return f" ▸{name} " if chosen else f"  {name} "
