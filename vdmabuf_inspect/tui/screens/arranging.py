"""The screen as the user likes it: sizes of panes, which are hidden, columns; all of it is remembered."""

from textual.screen import Screen

from vdmabuf_inspect.tui.arrangement import DIVIDERS, PANES, Arrangement, arrangement, width_class
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.clock import TimeFormat
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.widgets.bench import Bench

_KEPT = "screen"
_RULES = {"width": "width", "height": "height", "max-height": "max_height"}


class Arranging(Screen[None]):
    """A screen whose panes are arranged by the user."""

    board: Board
    remembered: Remembered

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.arrangement = Arrangement()
        self._width = ""

    @property
    def bench(self) -> Bench:
        """The panes."""
        return self.query_one(Bench)

    def recall(self) -> None:
        """Put everything as it was left."""
        words = self.remembered.get(_KEPT)
        self.arrangement = arrangement(words)
        if self.arrangement.clock in TimeFormat.__members__:
            self.board.clock = TimeFormat[self.arrangement.clock]
        if any(stage.id == self.arrangement.stage for stage in self.bench.stages):
            self.bench.choose_stage(self.arrangement.stage)
        self.bench.messages.choose(tuple(self.arrangement.columns))
        if words:
            self.lay_out()

    def keep(self) -> None:
        """Remember how everything is."""
        found = self.arrangement
        found.stage = "" if self.bench.stage is self.bench.messages else str(self.bench.stage.id)
        found.clock = "" if self.board.clock is TimeFormat.SINCE_START else self.board.clock.name
        if found.words() != self.remembered.get(_KEPT):
            self.remembered.put(_KEPT, found.words())

    def lay_out(self) -> None:
        """Give every pane its size, and hide those that are hidden."""
        self._width = width_class(self.app.size.width)
        for divider in (each for dividers in DIVIDERS.values() for each in dividers.values()):
            for widget in self.query(divider.target):
                widget.styles.inline.clear_rule(_RULES[divider.axis])
        for name, steps in self.arrangement.steps.items():
            moved = DIVIDERS[self._width].get(name)
            if moved is not None and steps:
                for widget in self.query(moved.target):
                    setattr(widget.styles, _RULES[moved.axis], moved.size(steps))
        for pane in PANES:
            self.set_class(pane in self.arrangement.hidden, f"-no-{pane}")
        self.refresh(layout=True)

    def on_resize(self) -> None:
        """A screen of another width is arranged in another way."""
        if self._width and width_class(self.app.size.width) != self._width:
            self.lay_out()

    def is_hidden(self, pane: str | None) -> bool:
        """Whether the user hid a pane; the control plane is where the buffers are."""
        return ("buffers" if pane == "control" else pane) in self.arrangement.hidden

    def show_pane(self, pane: str) -> None:
        """A pane that is gone to is hidden no longer."""
        if self.is_hidden(pane):
            self._toggle("buffers" if pane == "control" else pane)

    def action_grow(self, axis: str, step: int) -> None:
        """Make the focused pane wider or narrower, higher or lower."""
        pane = self.focused.id if self.focused is not None else None
        here = "stage" if self.focused is self.bench.stage else "buffers" if pane == "control" else str(pane)
        if self.arrangement.grow(here, axis, step, width_class(self.app.size.width)):
            self.lay_out()
            self.keep()
        else:
            self.notify(f"this pane does not get another {axis} here", timeout=2)

    def action_hide_pane(self) -> None:
        """Hide the focused pane."""
        pane = self.focused.id if self.focused is not None else None
        pane = "buffers" if pane == "control" else pane
        if pane in PANES:
            self._toggle(str(pane))
        else:
            self.notify("what stands in the middle is not hidden: \\ gives it the whole screen", timeout=3)

    def action_panes(self) -> None:
        """Choose which panes are shown."""
        from vdmabuf_inspect.tui.screens.chooser import Chooser

        shown = [pane for pane in PANES if pane not in self.arrangement.hidden]
        self.app.push_screen(Chooser("panes", PANES, shown, self._choose_panes, ordered=False))

    def action_columns(self) -> None:
        """Choose the message list's columns and their order."""
        from vdmabuf_inspect.tui.screens.chooser import Chooser

        table = self.bench.messages
        self.app.push_screen(Chooser("columns of the list", table.names, table.chosen, self._choose_columns, True))

    def action_hex(self) -> None:
        """Show the bytes, or give their room to the fields."""
        self._toggle("hex")

    def action_as_at_first(self) -> None:
        """Sizes, panes and columns as they were before anybody changed them."""
        self.arrangement = Arrangement()
        self.bench.messages.choose(())
        self.lay_out()
        self.keep()

    def action_compare(self) -> None:
        """Show the bytes with what they were when the chain was offered, or as they are."""
        self.bench.detail.compare()

    def _toggle(self, pane: str) -> None:
        hidden = self.arrangement.toggle(pane)
        self.lay_out()
        self.keep()
        if hidden and self.focused is not None and self.focused.id in (pane, "control" if pane == "buffers" else pane):
            (self.bench.fields if pane == "hex" else self.bench.stage).focus()

    def _choose_panes(self, shown: list[str]) -> None:
        self.arrangement.hidden = [pane for pane in PANES if pane not in shown]
        self.lay_out()
        self.keep()

    def _choose_columns(self, names: list[str]) -> None:
        usual = list(self.bench.messages.names)
        self.arrangement.columns = [] if names == usual else names
        self.bench.messages.choose(tuple(self.arrangement.columns))
        self.keep()
