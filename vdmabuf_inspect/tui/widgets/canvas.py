"""What the line-drawing widgets share: styles kept between paints, lines painted only when they are others, growing
without a new layout.
"""

from typing import Self

from rich.style import Style
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.theme import ink_styles
from vdmabuf_inspect.tui.widgets.still import Still


class Canvas(ScrollView, Still):
    """A scroll view that paints itself line by line.

    Subclasses say the `PREFIX` of their component classes, and `draw` lines.
    """

    PREFIX = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: dict[str, Style] = {}
        self._parts: dict[str, Style] = {}
        self._last: dict[int, Strip] = {}
        self._fresh: dict[tuple[int, Offset, Size], Strip] = {}
        """Lines that `renew` drew and that were not painted yet, by place, what was scrolled to, and size."""
        self._heading = ""
        self._fitted_to: tuple[Size, ...] = ()
        """What the scroll bar was fitted to."""

    def draw(self, y: int) -> Strip:
        """The visible line `y`, from the top of what is visible."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One line, for the screen."""
        fresh = self._fresh.pop((y, self.scroll_offset, self.size), None) if self._fresh else None
        strip = self._last[y] = fresh or self.draw(y)
        return strip

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint again what is drawn anew then."""
        self._fresh.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def renew(self) -> None:
        """Paint those lines that are not what they were when they were painted last."""
        if not self._last or not self.is_on_screen:
            self.refresh()
            return
        size, scrolled = self.size, self.scroll_offset
        drawn = ((y, self.draw(y)) for y in range(size.height))
        found = {y: strip for y, strip in drawn if strip != self._last.get(y)}
        if found:
            self.refresh(*(Region(0, y, size.width, 1) for y in found))
            self._fresh = {(y, scrolled, size): strip for y, strip in found.items()}

    def head(self, text: str) -> None:
        """Write another title; nothing else is painted, as it would be if the border's title were set."""
        if text != self._heading:
            self._heading = text
            self._border_title = Content(f" {printable(text)} ")
            super().refresh(Region(0, 0, self.outer_size.width, 1).translate(-self.content_offset))

    def ink_style(self, ink: str) -> Style:
        """The style of an ink, to be laid over a line's own."""
        if not self._inks:
            self._inks = dict(ink_styles(self.app))
        return self._inks[ink]

    def part_style(self, part: str, partial: bool = True) -> Style:
        """A component's style; partial: only what it sets itself."""
        style = self._parts.get(part)
        if style is None:
            style = self._parts[part] = self.get_component_rich_style(f"{self.PREFIX}--{part}", partial=partial)
        return style

    @property
    def base_style(self) -> Style:
        """The widget's own style."""
        style = self._parts.get("")
        if style is None:
            style = self._parts[""] = self.rich_style
        return style

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._inks.clear()
        self._parts.clear()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scroll bar that comes stands where the lines were scrolled to before it came."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def extend(self, lines: int) -> None:
        """Be so many lines high. The screen is laid out again only when the scroll bar comes or goes."""
        size = Size(max(1, self.scrollable_content_region.width), lines)
        if size == self.virtual_size:
            return
        bar = self.styles.overflow_y == "scroll" or lines > self.container_size.height
        if bar != self.show_vertical_scrollbar or self.styles.auto_dimensions:
            self.virtual_size = size
            return
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)

    def _scroll_update(self, virtual_size: Size) -> None:
        """Textual paints every scroll bar after every layout of the screen: only one that is another now is painted."""
        shape = virtual_size, self.container_size, self.size
        if shape != self._fitted_to:
            self._fitted_to = shape
            super()._scroll_update(virtual_size)
